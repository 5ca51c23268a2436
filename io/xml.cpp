#include "io/xml.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>

#include <fmt/core.h>

#include <expat.h>

namespace exai::io {
namespace {

using XmlParser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)>;

/// Between two pieces the size of an unfinished tag is looked at.
constexpr std::size_t k_xml_piece = std::size_t{64} << 10U;

std::string_view without_prefix(const char* name) {
  const std::string_view whole = name;
  const std::size_t colon = whole.rfind(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

int as_line(XML_Size number) {
  return static_cast<int>(std::min<XML_Size>(number, 2'000'000'000));
}

class XmlReading {
 public:
  XmlReading(const XmlSink& sink, const XmlLimits& limits)
      : sink_(sink), limits_(limits), parser_(XML_ParserCreate(nullptr), &XML_ParserFree) {
    if (!parser_) return;
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_begin, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), on_doctype);
  }

  Result<void> read(std::string_view bytes) {
    if (!parser_) return fail(ErrorKind::internal, "the XML parser could not be started");
    while (!error_) {
      const std::string_view piece = bytes.substr(0, k_xml_piece);
      bytes.remove_prefix(piece.size());
      fed_ += piece.size();
      const auto status =
          XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), bytes.empty() ? 1 : 0);
      if (!error_ && status != XML_STATUS_OK) error_ = syntax_error();
      if (!error_) check_markup();
      if (bytes.empty()) break;
    }
    if (error_) return fail(std::move(*error_));
    return {};
  }

 private:
  static XmlReading& self(void* data) { return *static_cast<XmlReading*>(data); }

  static void XMLCALL on_begin(void* data, const XML_Char* name, const XML_Char** attributes) {
    self(data).begin(name, attributes);
  }
  static void XMLCALL on_end(void* data, const XML_Char* name) { self(data).end(name); }
  static void XMLCALL on_text(void* data, const XML_Char* text, int size) {
    XmlReading& reading = self(data);
    if (!reading.error_) reading.sink_.text({text, static_cast<std::size_t>(size)});
  }
  static void XMLCALL on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    self(data).stop(make_error(ErrorKind::invalid, "a document type declaration is refused",
                               "remove <!DOCTYPE ...>: no format of results needs one, and its entities can "
                               "make a small file huge"));
  }

  void begin(const XML_Char* name, const XML_Char** attributes) {
    if (error_) return;
    if (++depth_ > limits_.depth)
      return stop(make_error(ErrorKind::invalid,
                             fmt::format("elements are nested deeper than {} levels", limits_.depth)));
    XmlElement element{without_prefix(name), {}, as_line(XML_GetCurrentLineNumber(parser_.get()))};
    for (const XML_Char** at = attributes; *at != nullptr; at += 2) {
      if (element.attributes.size() == limits_.attributes)
        return stop(make_error(ErrorKind::invalid,
                               fmt::format("an element has more than {} attributes", limits_.attributes)));
      element.attributes.emplace_back(without_prefix(at[0]), beginning_of(at[1], limits_.attribute));
    }
    open_ = std::string(beginning_of(element.name, 64));
    if (Result<void> taken = sink_.begin(element); !taken) stop(std::move(taken.error()));
  }

  void end(const XML_Char* name) {
    if (error_) return;
    --depth_;
    if (Result<void> taken = sink_.end(without_prefix(name)); !taken) stop(std::move(taken.error()));
  }

  /// Expat keeps what it has no end of yet.
  void check_markup() {
    const XML_Index at = XML_GetCurrentByteIndex(parser_.get());
    if (at >= 0 && fed_ - std::min(fed_, static_cast<std::size_t>(at)) > limits_.markup + k_xml_piece)
      stop(make_error(ErrorKind::invalid, fmt::format("one tag is longer than {} bytes", limits_.markup)));
  }

  void stop(Error error) {
    error_ = placed(std::move(error));
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  [[nodiscard]] Error placed(Error error) const {
    const Location where{.file = {},
                         .line = as_line(XML_GetCurrentLineNumber(parser_.get())),
                         .column = as_line(XML_GetCurrentColumnNumber(parser_.get())) + 1};
    error.message = fmt::format("line {}, column {}: {}", where.line, where.column, error.message);
    error.where = where;
    return error;
  }

  [[nodiscard]] Error syntax_error() const {
    switch (XML_GetErrorCode(parser_.get())) {
      case XML_ERROR_NO_ELEMENTS:
      case XML_ERROR_UNCLOSED_TOKEN:
      case XML_ERROR_UNCLOSED_CDATA_SECTION:
      case XML_ERROR_PARTIAL_CHAR:
        return placed(make_error(ErrorKind::invalid,
                                 depth_ > 0 ? fmt::format("the document is cut inside <{}>", open_)
                                            : "the document is cut, or there is none",
                                 "take the file after the job that writes it has ended"));
      case XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
        return placed(make_error(ErrorKind::invalid, "something follows the end of the document",
                                 "hand in each document as a file of its own"));
      case XML_ERROR_UNKNOWN_ENCODING:
      case XML_ERROR_INCORRECT_ENCODING:
        return placed(make_error(ErrorKind::invalid, "not in an encoding that is read",
                                 "write it in UTF-8: iconv -f ENCODING -t UTF-8"));
      case XML_ERROR_INVALID_TOKEN:
        return placed(make_error(ErrorKind::invalid,
                                 "a character that XML does not allow: a control character, a bare & or <, "
                                 "or bytes of another encoding",
                                 "the tool that wrote it must escape its texts; iconv -c -t UTF-8 drops "
                                 "foreign bytes"));
      default:
        return placed(
            make_error(ErrorKind::invalid,
                       fmt::format("not XML: {}", XML_ErrorString(XML_GetErrorCode(parser_.get())))));
    }
  }

  const XmlSink& sink_;
  const XmlLimits& limits_;
  XmlParser parser_;
  std::optional<Error> error_;
  std::string open_;  ///< the element that began last
  int depth_ = 0;
  std::size_t fed_ = 0;
};

}  // namespace

std::string_view XmlElement::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes)
    if (key == wanted) return value;
  return {};
}

bool XmlElement::has(std::string_view wanted) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [wanted](const auto& attribute) { return attribute.first == wanted; });
}

Result<void> read_xml(std::string_view bytes, const XmlSink& sink, const XmlLimits& limits) {
  if (bytes.size() > limits.total)
    return fail(ErrorKind::invalid,
                fmt::format("{} bytes of XML; {} are the limit", bytes.size(), limits.total),
                "split it into several files");
  return XmlReading(sink, limits).read(bytes);
}

Result<std::string> xml_root(std::string_view bytes) {
  std::string root;
  XmlSink sink;
  sink.begin = [&root](const XmlElement& element) {
    root = element.name;
    return Result<void>(fail(ErrorKind::cancelled, "the first element is enough"));
  };
  Result<void> done = read_xml(bytes.substr(0, k_xml_piece), sink);
  if (root.empty() && !done) return fail(std::move(done.error()));
  return root;
}

}  // namespace exai::io
