"""Demo content: four municipalities as TOML files, and `build`, which creates objects from them.

Rich text is written in Markdown. Dates of the fictional municipality are written as of the end of 2026 and move with
the current date, so that there is always a year of past meetings and some months of planned ones. Keys and file names
that are months refer to that time.

- `week = -36` puts a meeting on the Tuesday 36 weeks before the last one.
- A date such as `2025-03-03` follows the year (see `build.years_since`).
- `"marts"`, `"marts-14"` and `"i dag-400"` are days counted from the meeting of that key, or from today.
- `{marts}`, `{marts-14}` in a text become such a date in words, and `{2028}` the year, moved as above.
"""
