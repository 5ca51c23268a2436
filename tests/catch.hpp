// Catch2, whichever major version the distribution has (Debian 12: 2.13, Debian 13: 3).
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
