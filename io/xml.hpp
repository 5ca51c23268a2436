// XML read from front to back in bounded memory; the one file that names expat.
#pragma once

#include "core/result.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::io {

/// How much of a stranger's document is taken. What goes beyond is an error, or cut where it says so.
struct XmlLimits {
  std::size_t total = std::size_t{256} << 20U;     ///< bytes of the document
  int depth = 200;                                 ///< elements inside each other
  std::size_t attributes = 256;                    ///< of one element
  std::size_t attribute = std::size_t{64} << 10U;  ///< bytes of one value: what is longer is cut
  std::size_t markup = std::size_t{1} << 20U;      ///< bytes of one tag
};

/// The begin of an element. The names are without their prefix ("junit:testcase" is "testcase").
struct XmlElement {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> attributes;  ///< in the order of the document
  int line = 0;

  /// The value of that attribute, or "".
  [[nodiscard]] std::string_view attribute(std::string_view wanted) const;
  [[nodiscard]] bool has(std::string_view wanted) const;
};

/// What a reader is told, in the order of the document. Views live as long as the call; text is UTF-8 and
/// comes in pieces of any size. An error ends the reading and is what read_xml() returns.
struct XmlSink {
  std::function<Result<void>(const XmlElement&)> begin;
  std::function<void(std::string_view text)> text = [](std::string_view) {};
  std::function<Result<void>(std::string_view name)> end = [](std::string_view) { return Result<void>{}; };
};

/// One document in UTF-8, UTF-16, ISO-8859-1 or US-ASCII. Document type declarations are refused whole, and
/// with them every entity of one's own: nothing is fetched and nothing grows. Errors are `invalid` and name
/// line and column; `Error::where` has them too.
Result<void> read_xml(std::string_view bytes, const XmlSink& sink, const XmlLimits& limits = {});

/// The name of the outermost element, which must begin within the first 64 KiB. Errors as above.
Result<std::string> xml_root(std::string_view bytes);

}  // namespace exai::io
