// The tables of the store as a copy between homes knows them: what each column holds, whatever type a home
// has for it, and the statements that read and write rows.
#pragma once

#include "store/sql/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::store {

/// What a column holds, whatever type the home has for it.
enum class CellKind : std::uint8_t { text, number, time, truth, real, fixed, json };

struct CopyColumn {
  std::string name;
  CellKind kind = CellKind::text;
  int digits = 0;  ///< of `fixed`: behind the point
};

/// The first `keys` columns name a row, and order them.
struct CopyTable {
  std::string name;
  std::size_t keys = 0;
  std::vector<CopyColumn> columns;

  /// The home counts the rows by itself where it is not told.
  [[nodiscard]] bool numbered() const {
    return columns.front().name == "id" && columns.front().kind == CellKind::number;
  }
};

/// Those whose rows others refer to come first.
const std::vector<CopyTable>& copy_tables();

/// A value as text that is the same in every home; nothing is NULL.
using Cell = std::optional<std::string>;
using CopyRow = std::vector<Cell>;

/// A row of select_rows().
CopyRow read_row(const sql::Statement& row, const CopyTable& table);
void bind_cell(sql::Statement& statement, const Cell& cell, CellKind kind);

/// Rows in the order of their keys, `max` of them; with `after` those behind the keys that are bound.
std::string select_rows(const CopyTable& table, bool postgres, bool after, std::size_t max);
/// That many rows at once, their cells bound one after the other.
std::string insert_rows(const CopyTable& table, bool postgres, std::size_t rows);

/// "5:hello2:17": the keys of a row as one text, and back.
std::string write_place(const CopyRow& row, std::size_t keys);
CopyRow read_place(std::string_view text);

/// The text of a row by which homes are compared. A home may write JSON with other blanks and another order
/// of its fields, so its bytes are compared without order.
std::string comparable(const CopyRow& row, const CopyTable& table);

}  // namespace exai::store
