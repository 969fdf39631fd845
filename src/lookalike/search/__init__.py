"""From a query to hits: language, filters, planning, fusion."""
