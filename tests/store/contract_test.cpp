// What every home of the store promises, aggregate by aggregate.
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/store/homes.hpp"

#include <atomic>
#include <thread>

using namespace exai;
using store::ConversationChange;
using store::Message;
using test::Home;

namespace {

class ContractClock : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return system_clock().steady(); }
  [[nodiscard]] Wall wall() const override { return now; }
  Wall now = Wall(Millis(1'000'000'000'000));
};

constexpr Millis k_day = std::chrono::hours(24);
// What a statement or a text encoding could trip over.
const std::string k_odd = "quotes ' \" \\ and $1 ? %s;\n\t-- Grüße, 你好 🙂";

/// An empty home of each kind, one after the other.
struct OpenHome {
  explicit OpenHome(const Home& kind) : home(kind) { reopen(); }
  void reopen() {
    store.reset();
    auto opened = home.open(folder.path(), clock);
    REQUIRE(opened);
    store = std::move(*opened);
  }
  const Home& home;
  test::TempFolder folder;
  ContractClock clock;
  std::unique_ptr<store::Store> store;
};

void in_every_home(const std::function<void(OpenHome&)>& promise) {
  for (const Home& home : test::homes()) {
    INFO("home: " << home.name);
    OpenHome open(home);
    promise(open);
  }
}

std::vector<Message> question_and_answer(const std::string& question, const std::string& answer) {
  return {{"user", question, "chat", "glm", "glm-4.6", Wall(Millis(1))},
          {"assistant", answer, "chat", "glm", "glm-4.6", Wall(Millis(2))}};
}

ConversationChange change_of(const std::string& id, const OpenHome& open, std::size_t position,
                             std::vector<Message> messages, std::optional<std::string> state = std::nullopt) {
  return {.id = id,
          .owner = "alice",
          .created = open.clock.now,
          .updated = open.clock.now,
          .position = position,
          .messages = std::move(messages),
          .state = std::move(state)};
}

}  // namespace

TEST_CASE("conversations come back whole and in order", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Conversations& saved = open.store->conversations();
    const Wall begun = open.clock.now;
    REQUIRE(saved.save({change_of("a", open, 0, question_and_answer("one", k_odd))}));
    open.clock.now += Millis(1500);
    REQUIRE(saved.save({change_of("a", open, 2, question_and_answer("", std::string(300'000, 'x')), "{}"),
                        change_of("b", open, 0, {})}));
    const auto known = saved.load("a", k_day);
    REQUIRE(known);
    CHECK(known->id == "a");
    CHECK(known->owner == "alice");
    CHECK(known->created == begun);
    CHECK(known->updated == open.clock.now);
    CHECK(known->state == "{}");
    REQUIRE(known->messages.size() == 4);
    CHECK(known->messages[0].role == "user");
    CHECK(known->messages[0].at == Wall(Millis(1)));
    CHECK(known->messages[1].role == "assistant");
    CHECK(known->messages[1].content == k_odd);
    CHECK(known->messages[1].tool == "chat");
    CHECK(known->messages[1].provider == "glm");
    CHECK(known->messages[1].model == "glm-4.6");
    CHECK(known->messages[2].content.empty());
    CHECK(known->messages[3].content.size() == 300'000);
    CHECK(saved.load("b", k_day)->messages.empty());
    CHECK(saved.load("c", k_day).error().kind == ErrorKind::not_found);
  });
}

TEST_CASE("of several changes of conversations all are saved or none", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Conversations& saved = open.store->conversations();
    REQUIRE(saved.save({change_of("a", open, 0, question_and_answer("q", "a"))}));
    // Somebody else's message stands there; what comes before it in the same call goes too.
    const auto twice = saved.save({change_of("b", open, 0, question_and_answer("q", "a")),
                                   change_of("a", open, 1, question_and_answer("q", "a"))});
    REQUIRE(!twice);
    CHECK(twice.error().kind == ErrorKind::invalid);
    CHECK(saved.load("a", k_day)->messages.size() == 2);
    CHECK(saved.load("b", k_day).error().kind == ErrorKind::not_found);
    std::vector<Message> nonsense = question_and_answer("q", "a");
    nonsense[1].role = "system";
    CHECK(!saved.save({change_of("b", open, 0, nonsense)}));
    CHECK(saved.load("b", k_day).error().kind == ErrorKind::not_found);
    REQUIRE(saved.save({}));
  });
}

TEST_CASE("a state stays when only messages come, and can be emptied", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Conversations& saved = open.store->conversations();
    REQUIRE(saved.save({change_of("a", open, 0, {}, R"({"steps":1})")}));
    REQUIRE(saved.save({change_of("a", open, 0, question_and_answer("q", "a"))}));
    CHECK(saved.load("a", k_day)->state == R"({"steps":1})");
    REQUIRE(saved.save({change_of("a", open, 2, {}, "")}));
    CHECK(saved.load("a", k_day)->state.empty());
  });
}

TEST_CASE("a conversation belongs to its owner", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Conversations& saved = open.store->conversations();
    REQUIRE(saved.save({change_of("a", open, 0, {}, "hers")}));
    ConversationChange foreign = change_of("a", open, 0, {}, "his");
    foreign.owner = "bob";
    REQUIRE(saved.save({foreign}));
    REQUIRE(saved.restore({foreign}));
    CHECK(saved.load("a", k_day)->owner == "alice");
    CHECK(saved.load("a", k_day)->state == "hers");
  });
}

TEST_CASE("a conversation expires by its last change", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Conversations& saved = open.store->conversations();
    REQUIRE(saved.save({change_of("a", open, 0, question_and_answer("q", "a")),
                        change_of("b", open, 0, question_and_answer("q", "a"))}));
    open.clock.now += std::chrono::hours(20);
    REQUIRE(saved.save({change_of("b", open, 2, question_and_answer("q", "a"))}));
    open.clock.now += std::chrono::hours(20);
    const auto late = saved.load("a", k_day);
    REQUIRE(!late);
    CHECK(late.error().kind == ErrorKind::not_found);
    CHECK(late.error().message == "the conversation a is unknown or has expired");
    CHECK(!late.error().hint.empty());
    CHECK(saved.load("b", k_day)->messages.size() == 4);
    CHECK(saved.expire(k_day).value() == 1);
    CHECK(saved.expire(k_day).value() == 0);
    CHECK(saved.load("a", 10 * k_day).error().kind == ErrorKind::not_found);
    // Its messages went with it.
    CHECK(saved.save({change_of("a", open, 0, question_and_answer("q", "a"))}));
  });
}

TEST_CASE("what was promised comes back once, however often it is restored", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Conversations& saved = open.store->conversations();
    const ConversationChange first = change_of("a", open, 0, question_and_answer("one", "two"), "old");
    open.clock.now += Millis(10);
    const ConversationChange second = change_of("a", open, 2, question_and_answer("three", "four"), "new");
    REQUIRE(saved.save({first}));
    for (int i = 0; i < 2; ++i) REQUIRE(saved.restore({first, second}));
    const auto known = saved.load("a", k_day);
    REQUIRE(known);
    REQUIRE(known->messages.size() == 4);
    CHECK(known->messages[0].content == "one");
    CHECK(known->messages[3].content == "four");
    CHECK(known->state == "new");
    REQUIRE(saved.restore({first}));  // a state gives way to a later one only
    CHECK(saved.load("a", k_day)->state == "new");
    CHECK(saved.load("a", k_day)->updated == second.updated);
  });
}

TEST_CASE("what cannot be restored does not keep the rest from coming back", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    std::vector<Message> messages = question_and_answer("one", "two");
    messages[0].role = "system";
    REQUIRE(open.store->conversations().restore({change_of("a", open, 0, messages)}));
    const auto known = open.store->conversations().load("a", k_day);
    REQUIRE(known);
    REQUIRE(known->messages.size() == 1);
    CHECK(known->messages[0].content == "two");
  });
}

TEST_CASE("runs come back newest first, and one run is saved once", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Runs& runs = open.store->runs();
    CHECK(runs.load(5)->empty());
    store::RunRecord run{.run_id = "run0",
                         .title = "runbook daily",
                         .host = "h",
                         .version = "1.0",
                         .verdict = "pass",
                         .report_json = k_odd,
                         .started = Wall(Millis(1000)),
                         .duration = Millis(7),
                         .exit_code = 1};
    REQUIRE(runs.save(run));
    CHECK(runs.save(run));  // it is there already
    for (const auto& [id, started] : {std::pair{"run1", 3000}, {"run2", 2000}, {"run3", 2000}}) {
      run.run_id = id;
      run.started = Wall(Millis(started));
      REQUIRE(runs.save(run));
    }
    const auto newest = runs.load(3);
    REQUIRE(newest);
    REQUIRE(newest->size() == 3);
    CHECK((*newest)[0].run_id == "run1");
    CHECK((*newest)[1].run_id == "run3");  // of two that began together the one saved last comes first
    CHECK((*newest)[2].run_id == "run2");
    const store::RunRecord oldest = runs.load(10)->back();
    CHECK(oldest.run_id == "run0");
    CHECK(oldest.title == "runbook daily");
    CHECK(oldest.host == "h");
    CHECK(oldest.version == "1.0");
    CHECK(oldest.verdict == "pass");
    CHECK(oldest.report_json == k_odd);
    CHECK(oldest.started == Wall(Millis(1000)));
    CHECK(oldest.duration == Millis(7));
    CHECK(oldest.exit_code == 1);
  });
}

TEST_CASE("spending adds up by day, provider and model", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Spend& spend = open.store->spend();
    const store::SpendChange one{.day = "2026-11-21",
                                 .provider = "kimi",
                                 .model = "k2",
                                 .calls = 1,
                                 .prompt = 3'000'000'000,
                                 .completion = 3,
                                 .cached = 4,
                                 .nano_usd = 5'000'000'000'000};
    store::SpendChange other = one, next_day = one;
    other.provider = "glm";
    next_day.day = "2026-11-22";
    REQUIRE(spend.add({one, other, one}));
    REQUIRE(spend.add({one, next_day}));
    const auto rows = spend.load("2026-11-21");
    REQUIRE(rows);
    REQUIRE(rows->size() == 2);
    CHECK((*rows)[0].provider == "glm");
    CHECK((*rows)[0].calls == 1);
    CHECK((*rows)[1].day == "2026-11-21");
    CHECK((*rows)[1].provider == "kimi");
    CHECK((*rows)[1].model == "k2");
    CHECK((*rows)[1].calls == 3);
    CHECK((*rows)[1].prompt == 9'000'000'000);
    CHECK((*rows)[1].completion == 9);
    CHECK((*rows)[1].cached == 12);
    CHECK((*rows)[1].nano_usd == 15'000'000'000'000);
    CHECK(spend.load("2026-11-22")->size() == 1);
    CHECK(spend.load("2026-11-23")->empty());
  });
}

TEST_CASE("files at providers are saved, replaced and removed", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    store::Files& files = open.store->files();
    store::ProviderFile file{.provider = "kimi",
                             .id = "f1",
                             .sha256 = "abc",
                             .purpose = "file-extract",
                             .name = k_odd,
                             .owner = "alice",
                             .bytes = 3'000'000'000,
                             .uploaded = Wall(Millis(2000)),
                             .used = Wall(Millis(2000))};
    REQUIRE(files.save(file));
    file.used = Wall(Millis(3000));
    REQUIRE(files.save(file));
    store::ProviderFile older = file;
    older.id = "f2";
    older.uploaded = Wall(Millis(1000));
    REQUIRE(files.save(older));
    const auto known = files.load("kimi");
    REQUIRE(known);
    REQUIRE(known->size() == 2);
    CHECK((*known)[0].id == "f2");
    CHECK((*known)[1].provider == "kimi");
    CHECK((*known)[1].id == "f1");
    CHECK((*known)[1].sha256 == "abc");
    CHECK((*known)[1].purpose == "file-extract");
    CHECK((*known)[1].name == k_odd);
    CHECK((*known)[1].owner == "alice");
    CHECK((*known)[1].bytes == 3'000'000'000);
    CHECK((*known)[1].uploaded == Wall(Millis(2000)));
    CHECK((*known)[1].used == Wall(Millis(3000)));
    CHECK(files.load("glm")->empty());
    REQUIRE(files.remove("glm", "f1"));
    for (int i = 0; i < 2; ++i) REQUIRE(files.remove("kimi", "f1"));
    CHECK(files.load("kimi")->size() == 1);
  });
}

TEST_CASE("threads share one store", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    REQUIRE(open.store->ping());
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, id = "t" + std::to_string(t)] {
        for (std::size_t i = 0; i < 5; ++i)
          if (!open.store->conversations().save(
                  {change_of(id, open, 2 * i, question_and_answer("q", "a"))}) ||
              !open.store->spend().add({{.day = "d", .provider = "p", .model = "m", .calls = 1}}))
            ++failures;
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
    for (int t = 0; t < 4; ++t)
      CHECK(open.store->conversations().load("t" + std::to_string(t), k_day)->messages.size() == 10);
    CHECK(open.store->spend().load("d")->front().calls == 20);
  });
}

TEST_CASE("a durable home has everything after a restart", "[store][contract]") {
  in_every_home([](OpenHome& open) {
    if (!open.home.durable) return;
    REQUIRE(
        open.store->conversations().save({change_of("a", open, 0, question_and_answer("q", k_odd), "s")}));
    store::RunRecord run;
    run.run_id = "r";
    REQUIRE(open.store->runs().save(run));
    REQUIRE(open.store->spend().add({{.day = "d", .provider = "p", .model = "m", .calls = 2}}));
    store::ProviderFile file;
    file.provider = "kimi";
    file.id = "f";
    REQUIRE(open.store->files().save(file));
    open.reopen();
    CHECK(open.store->conversations().load("a", k_day)->messages.at(1).content == k_odd);
    CHECK(open.store->conversations().load("a", k_day)->state == "s");
    CHECK(open.store->runs().load(1)->at(0).run_id == "r");
    CHECK(open.store->spend().load("d")->at(0).calls == 2);
    CHECK(open.store->files().load("kimi")->at(0).id == "f");
  });
}
