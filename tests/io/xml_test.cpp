#include "io/xml.hpp"

#include "tests/catch.hpp"

#include <fmt/core.h>

using namespace exai;
using io::read_xml;
using io::XmlElement;
using io::XmlLimits;
using io::XmlSink;

namespace {

/// The document as a line: "<a x=1>text</a>".
Result<std::string> traced(std::string_view bytes, const XmlLimits& limits = {}) {
  std::string out;
  XmlSink sink;
  sink.begin = [&out](const XmlElement& element) {
    out += fmt::format("<{}", element.name);
    for (const auto& [name, value] : element.attributes) out += fmt::format(" {}={}", name, value);
    out += ">";
    return Result<void>{};
  };
  sink.text = [&out](std::string_view text) { out += text; };
  sink.end = [&out](std::string_view name) {
    out += fmt::format("</{}>", name);
    return Result<void>{};
  };
  Result<void> done = read_xml(bytes, sink, limits);
  if (!done) return fail(std::move(done.error()));
  return out;
}

std::string utf16(std::string_view ascii, bool big) {
  std::string out = big ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) out += big ? std::string{'\0', c} : std::string{c, '\0'};
  return out;
}

std::string refusal(std::string_view bytes, const XmlLimits& limits = {}) {
  const Result<std::string> trace = traced(bytes, limits);
  return trace ? "taken: " + *trace : trace.error().message;
}

}  // namespace

TEST_CASE("elements, attributes and text come in order", "[xml]") {
  CHECK(traced("<a x='1' y='&lt;2&gt;'>b<c/>d&amp;&#228;<![CDATA[<e>]]></a>").value() ==
        "<a x=1 y=<2>>b<c></c>d&ä<e></a>");
  CHECK(traced("<n:a xmlns:n='urn:x' n:b='1'><n:c/></n:a>").value() == "<a n=urn:x b=1><c></c></a>");
  CHECK(traced("\xEF\xBB\xBF<?xml version='1.0'?>\r\n<!-- x --><a>\r\n</a>\r\n").value() == "<a>\n</a>");
}

TEST_CASE("four encodings are read, all as UTF-8", "[xml]") {
  CHECK(traced("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>").value() == "<a>ä</a>");
  CHECK(traced("<?xml version='1.0' encoding='UTF-8'?><a>ä</a>").value() == "<a>ä</a>");
  CHECK(traced(utf16("<a>x</a>", false)).value() == "<a>x</a>");
  CHECK(traced(utf16("<a>x</a>", true)).value() == "<a>x</a>");
  CHECK(refusal("<?xml version='1.0' encoding='KOI8-R'?><a/>") ==
        "line 1, column 31: not in an encoding that is read");
  CHECK(refusal("<a>\xE4</a>").find("line 1, column 4: a character that XML does not allow") == 0);
}

TEST_CASE("what comes in many pieces is one text", "[xml]") {
  std::string much;
  for (int at = 0; at < 100'000; ++at) much += fmt::format("ä{} ", at);
  CHECK(traced("<a>" + much + "</a>").value() == "<a>" + much + "</a>");
  CHECK(traced("<a><![CDATA[" + much + "]]></a>").value() == "<a>" + much + "</a>");
}

TEST_CASE("document types are refused, so nothing grows and nothing is fetched", "[xml]") {
  const std::string_view k_refused = "a document type declaration is refused";
  for (const std::string_view text : {"<!DOCTYPE a [<!ENTITY x 'xxxx'><!ENTITY y '&x;&x;'>]><a>&y;</a>",
                                      "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
                                      "<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a/>", "<!DOCTYPE a><a/>",
                                      "<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///x'> %p;]><a/>"}) {
    INFO(text);
    CHECK(refusal(text).find(k_refused) != std::string::npos);
  }
  CHECK(refusal("<a>&nbsp;</a>") == "line 1, column 4: not XML: undefined entity");
}

TEST_CASE("each bound of a document holds", "[xml]") {
  XmlLimits limits;
  limits.depth = 3;
  CHECK(traced("<a><b><c/></b></a>", limits).has_value());
  CHECK(refusal("<a><b><c><d/></c></b></a>", limits) ==
        "line 1, column 10: elements are nested deeper than 3 levels");
  limits.attributes = 2;
  CHECK(traced("<a x='1' y='2'/>", limits).has_value());
  CHECK(refusal("<a x='1' y='2' z='3'/>", limits) ==
        "line 1, column 1: an element has more than 2 attributes");
  limits.attribute = 4;
  CHECK(traced("<a x='123456'/>", limits).value() == "<a x=1234></a>");
  limits.total = 20;
  CHECK(refusal("<a>                  </a>", limits) == "25 bytes of XML; 20 are the limit");
  // One tag, one comment that never ends: expat would keep all of it.
  const std::string much(std::size_t{3} << 20U, 'x');
  CHECK(refusal("<a " + much).find("one tag is longer than 1048576 bytes") != std::string::npos);
  CHECK(refusal("<a><!-- " + much).find("one tag is longer than 1048576 bytes") != std::string::npos);
  CHECK(traced("<a>" + much + "</a>").has_value());
}

TEST_CASE("errors name the place", "[xml]") {
  CHECK(refusal("<a>\n <b></a>") == "line 2, column 7: not XML: mismatched tag");
  CHECK(refusal("<a>\n <b>") == "line 2, column 5: the document is cut inside <b>");
  CHECK(refusal("<a>\n <b x='") == "line 2, column 2: the document is cut inside <a>");
  CHECK(refusal("") == "line 1, column 1: the document is cut, or there is none");
  CHECK(refusal("<a/>\n<a/>") == "line 2, column 1: something follows the end of the document");
  const Result<std::string> bad = traced("<a>\n</b>");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().where->line == 2);
}

TEST_CASE("what a reader refuses ends the reading there", "[xml]") {
  int elements = 0;
  XmlSink sink;
  sink.begin = [&elements](const XmlElement& element) -> Result<void> {
    ++elements;
    if (element.name == "b") return fail(ErrorKind::invalid, "no b here", "take c");
    return {};
  };
  const Result<void> done = read_xml("<a>\n<b/><c/><c/></a>", sink);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message == "line 2, column 1: no b here");
  CHECK(done.error().hint == "take c");
  CHECK(elements == 2);
  CHECK(io::xml_root("<?xml version='1.0'?><x:root><y/></x:root>").value() == "root");
  CHECK_FALSE(io::xml_root("no XML").has_value());
  CHECK_FALSE(io::xml_root("").has_value());
}
