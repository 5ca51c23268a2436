// The precompiled set of every folder: the standard headers that most files name, and the two small
// libraries.
#pragma once
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>
