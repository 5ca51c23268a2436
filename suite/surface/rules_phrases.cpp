// Rules about sentences: what tells a model to work against whoever uses it.
#include "core/text.hpp"
#include "suite/surface/phrases.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// Orders that no description of a tool has a reason for.
constexpr std::string_view k_orders[] = {
    "ignore,disregard,forget,override,overrule,supersede,discard ~4 "
    "previous,prior,preceding,earlier,above,existing,"
    "former,original ~3 instruction*,prompt*,rules,directive*,guideline*,orders,command*",
    "ignore,disregard,forget,override ~2 all,any,every,your,the ~2 "
    "instruction*,directive*,guideline*,restriction*,"
    "safety",
    "forget everything ?you,that,above,before",
    "do,must,should,never not ~1 tell,inform,mention,reveal,disclose,notify,alert ~4 user,users,human,person,"
    "customer",
    "dont,never,not tell,inform,notify,alert ~1 user,users,human,person",
    "dont,never,not mention,reveal,disclose,show,say ~4 to ~1 user,users,human,anyone,anybody",
    "hide,conceal,keep ~3 from ~1 user,users,human,person",
    "user,users,human must,should,may,need,can not ~1 know,see,notice,learn,be,find,realize",
    "silently,secretly,covertly,quietly "
    "send,forward,upload,copy,post,transmit,append,include,add,read,record,run,"
    "execute,exfiltrate,leak,share,collect",
    "send,forward,upload,copy,post,transmit,exfiltrate,share ~4 silently,secretly,covertly",
    "new,updated,real,actual,true system instruction*,prompt*",
    "reveal,print,repeat,output,leak,disclose ~3 system prompt",
    "you are now ~2 dan,unrestricted,jailbroken,unfiltered,uncensored,root,admin,administrator,free",
    "developer,god,admin,debug,jailbreak mode ~1 enabled,activated,engaged",
    "dont,never,not ask ~1 user,human for ~2 confirmation,permission,approval,consent",
    "tool,function is,was ~1 called,used,available,invoked,present ~8 must,always ~8 "
    "recipient*,bcc,cc,redirect*,"
    "proxy,attacker*,replace",
    "all,every,any email*,message*,payment*,transfer*,transaction* ~4 must,should,always be,go ~1 "
    "sent,go,forwarded,"
    "redirected,bcced,routed ~8 to",
    "change,replace,redirect,rewrite,swap ~3 recipient,address,account,amount,destination,wallet,iban ~3 "
    "to,with",
    "exfiltrate ~6 data,secret*,file*,token*,key*,content*",
    "important,mandatory,critical,system before using,calling,invoking,running ~1 any,all,other ~2 "
    "tool*,function* "
    "~4 read,open,send,list,load,access"};

/// Orders that are none where the sentence forbids just that.
constexpr std::string_view k_careless_orders[] = {
    "without telling,informing,notifying,alerting,asking ~1 user,users,human,person",
    "without ~2 users,user,humans,human knowledge,knowing,consent,approval,permission,confirmation",
    "bypass,skip,circumvent,disable,ignore ~2 "
    "safety,security,guardrail*,confirmation*,approval*,permission*,consent,"
    "moderation ~1 check*,prompt*,filter*,step*,dialog*,rule*,polic*,measure*,request*"};

/// The same in other languages; those without blanks between words are looked for as they stand.
constexpr std::string_view k_foreign_orders[] = {
    "ignoriere,vergiss,missachte ~2 vorherigen,bisherigen,vorigen,obigen ~1 anweisung*,instruktion*,regeln",
    "sage,sag,verrate,erzähle ~3 benutzer,nutzer,anwender nichts,nicht",
    "ignora,olvida,descarta ~3 instrucciones,órdenes,reglas",
    "ignorez,ignore,oubliez ~3 instructions,consignes,règles précédentes",
    "ignora,dimentica ~3 istruzioni,regole",
    "игнорируй,игнорируйте,забудь ~2 предыдущие,прежние,все ~1 инструкции,указания",
    "ignore,esqueça ~3 instruções,regras"};
constexpr std::string_view k_unspaced_orders[] = {"忽略之前的",       "忽略以上",
                                                  "忽略先前",         "忽略所有指令",
                                                  "忽略所有之前",     "不要告诉用户",
                                                  "以前の指示を無視", "これまでの指示を無視",
                                                  "指示を無視して",   "ユーザーに知らせないで",
                                                  "이전 지시를 무시", "이전 지침을 무시",
                                                  "사용자에게 알리지"};

/// Marks with which a text plays another speaker.
constexpr std::string_view k_speaker_marks[] = {
    "<|im_start|>", "<|im_end|>",  "<|system|>",  "<|endoftext|>",     "[inst]",
    "<<sys>>",      "<system>",    "</system>",   "<system_prompt>",   "<important>",
    "<secret>",     "<hidden>",    "### system:", "\nsystem:",         "\nassistant:",
    "\nhuman:",     "<!-- system", "[system]",    "<system-reminder>", "<instructions_override>"};

/// What only who looks for secrets names in a tool.
constexpr std::string_view k_secret_places[] = {"~/.ssh",
                                                ".ssh/id_",
                                                "id_rsa",
                                                "id_ed25519",
                                                "/etc/shadow",
                                                "/etc/passwd",
                                                ".aws/credentials",
                                                "~/.aws",
                                                "mcp.json",
                                                "claude_desktop_config",
                                                ".git-credentials",
                                                "~/.netrc",
                                                "~/.npmrc",
                                                "~/.kube/config",
                                                "wallet.dat",
                                                "~/.gnupg",
                                                "login.keychain",
                                                "~/.docker/config",
                                                "/proc/self/environ",
                                                "~/.bash_history",
                                                "~/.zsh_history",
                                                "cookies.sqlite",
                                                "~/.config/gcloud",
                                                "~/.env",
                                                "sshpass"};

constexpr std::string_view k_asking_for_secrets[] = {
    "include,pass,send,put,paste,copy,provide,append,attach,insert,forward,upload,supply,write,store ~6 "
    "full,entire,whole,complete,all,previous,verbatim ~3 conversation*,chat,dialogue,transcript ~1 "
    "history,context,log,transcript,so,verbatim,contents",
    "include,pass,send,put,paste,copy,provide,append,attach,insert,forward,upload,supply,write ~4 system "
    "prompt",
    "send,forward,upload,transmit,leak,post,exfiltrate,paste,attach,append,include,embed,copy,submit ~5 "
    "users,your,their,all,any,stored,found,env,environment ~3 password*,passphrase*,credential*,secret*,"
    "token*,cookies,variables",
    "send,forward,upload,transmit,leak,post,exfiltrate,paste,attach,append,include,embed,copy,submit,provide,"
    "pass "
    "~5 users,your,their,all,any ~2 api,private,ssh,access,secret,encryption key,keys,token,tokens",
    "read,open,cat,dump,print,collect,gather,list,extract,harvest ~4 environment variables ~8 and,then,to ~5 "
    "pass,send,include,put,upload,post,return,append,as",
    "ask,request,prompt,require,demand ~3 user,users,human ~4 for,to ~5 "
    "password*,passphrase*,seed,pin,ssn,cvv,"
    "credential*,mnemonic,otp",
    "seed,recovery,mnemonic phrase,phrases,words ~6 required,needed,include,send,pass,enter,provide",
    "enter,provide,include,send,pass,give,supply,share,type ~5 seed,recovery,mnemonic phrase,words",
    "read,collect,extract,harvest,scan,search,grep ~5 password*,credential*,secret*,api,private ~2 "
    "?key,keys,token,tokens ~5 and,then ~4 send,include,pass,post,upload,forward,append,put"};
constexpr std::string_view k_denials = "not,never,dont,avoid,cannot,cant,wont,without,no,nor,doesnt,isnt";
constexpr std::string_view k_plain_denials =
    "not,never,dont,avoid,cannot,cant,wont,without,no,nor,doesnt,isnt,refuses,blocks,denies";
constexpr std::string_view k_taking =
    "read*,open*,cat,include*,pass,send*,content*,copy,load*,provid*,upload*,put,fetch*,append*,paste,attach*"
    ",access*,"
    "check*,look*,scan*,list*,print*,return*,extract*";

using Phrases = std::vector<Phrase>;

const Phrases& order_phrases() {
  static const Phrases k_phrases = [] {
    Phrases all;
    for (const std::string_view order : k_orders) all.emplace_back(order);
    for (const std::string_view order : k_careless_orders) all.emplace_back(order, k_plain_denials);
    for (const std::string_view order : k_foreign_orders) all.emplace_back(order);
    return all;
  }();
  return k_phrases;
}

const Phrases& secret_phrases() {
  static const Phrases k_phrases = [] {
    Phrases all;
    for (const std::string_view asking : k_asking_for_secrets) all.emplace_back(asking, k_denials);
    return all;
  }();
  return k_phrases;
}

bool speaks(TextRole role) {
  return role == TextRole::prose || role == TextRole::name;
}

std::string excerpt_of(const TextWords& words, const PhraseMatch& match) {
  const std::size_t from = words.words[match.first].offset;
  const TextWord& last = words.words[match.last];
  return visible_excerpt(words.folded, from, last.offset + last.text.size() - from);
}

/// Where an order stands in a text.
std::optional<std::string> order_in(const TextWords& words) {
  for (const Phrase& order : order_phrases())
    if (const auto match = order.find_in(words)) return excerpt_of(words, *match);
  for (const std::string_view order : k_unspaced_orders)
    if (const auto at = words.folded.find(order); at != std::string::npos)
      return visible_excerpt(words.folded, at, order.size());
  for (const std::string_view mark : k_speaker_marks)
    if (const auto at = words.folded.find(mark); at != std::string::npos)
      return visible_excerpt(words.folded, at, mark.size());
  return std::nullopt;
}

void look_for_orders(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (!speaks(text.role)) continue;
    if (const auto excerpt = order_in(TextWords(text.text)))
      view.found(finding_at(
          rule, text, fmt::format("{} tells the model what is not about this tool", text.place), *excerpt));
  }
}

void look_for_orders_in_answers(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (speaks(text.role)) continue;
    if (const auto excerpt = order_in(TextWords(text.text)))
      view.found(
          finding_at(rule, text, fmt::format("{} is data and gives the model orders", text.place), *excerpt));
  }
}

/// The word of that offset, or the next one.
std::size_t word_at(const TextWords& words, std::size_t offset) {
  const auto found = std::lower_bound(words.words.begin(), words.words.end(), offset,
                                      [](const TextWord& word, std::size_t at) { return word.offset < at; });
  return std::size_t(found - words.words.begin());
}

/// A place of secrets in a sentence that says to take something, and does not say not to.
std::optional<std::string> secret_place_in(const TextWords& words) {
  for (const std::string_view place : k_secret_places) {
    const auto at = words.folded.find(place);
    if (at == std::string::npos) continue;
    const std::size_t middle = word_at(words, at);
    if (middle >= words.words.size()) continue;
    const std::size_t sentence = words.words[middle].sentence;
    TextWords alone("");
    alone.folded = words.folded;
    for (const TextWord& word : words.words)
      if (word.sentence == sentence) alone.words.push_back(word);
    static const Phrase k_denied(k_plain_denials), k_taken(k_taking);
    if (!k_denied.find_in(alone) && k_taken.find_in(alone))
      return visible_excerpt(words.folded, at, place.size());
  }
  return std::nullopt;
}

void look_for_secrets(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (text.role == TextRole::name) continue;
    const TextWords words(text.text);
    std::optional<std::string> excerpt = secret_place_in(words);
    for (const Phrase& phrase : secret_phrases()) {
      if (excerpt) break;
      if (const auto match = phrase.find_in(words)) excerpt = excerpt_of(words, *match);
    }
    if (excerpt)
      view.found(finding_at(rule, text, fmt::format("{} asks for what is secret", text.place), *excerpt));
  }
}

const Registered<SurfaceRule> k_instructions{
    SurfaceRule{.id = "surface.instructions-to-model",
                .title = "descriptions describe, and give no orders about anything else",
                .help = "A description that tells the model to ignore its instructions, to hide something "
                        "from the user, to work "
                        "without approval or to speak as somebody else is an attack, whoever wrote it. Do "
                        "not use the server.",
                .look = look_for_orders}};
const Registered<SurfaceRule> k_answers{
    SurfaceRule{.id = "surface.instructions-in-answer",
                .title = "answers and values are data",
                .help = "Defaults, examples, allowed values and answers of tools come to the model as data; "
                        "orders in them are "
                        "prompt injection. Find out where the text comes from before a model reads it.",
                .look = look_for_orders_in_answers}};
const Registered<SurfaceRule> k_secrets{
    SurfaceRule{.id = "surface.asks-for-secrets",
                .title = "no tool asks the model for secrets",
                .help = "Keys, passwords, configuration files, the conversation and the system prompt are "
                        "not arguments of a tool. "
                        "A server gets its own credentials from its own configuration. Do not use the tool.",
                .look = look_for_secrets}};

}  // namespace
}  // namespace exai::suite
