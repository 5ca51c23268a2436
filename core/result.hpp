// Result<T>: a value or an Error. No exception crosses a folder border.
#pragma once

#include "core/error.hpp"

#include <tl/expected.hpp>

namespace exai {

/// One alias, so that std::expected can replace tl::expected when the compiler has it whole.
template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::config, "...", "hint");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(make_error(kind, std::move(message), std::move(hint)));
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace exai
