"""Word files of a meeting: export of agenda and minutes, and import of both.

An uploaded file (.docx, .html, .md or .txt) is read in this order:

1. `udsat.lib.documents` reads it as a RichDocument: paragraphs, lists and tables.
2. `pieces` flattens that to a list of pieces. `item_tables` does so with tables that hold items or labels; a table of
   data stays one piece.
3. `item_boundaries` finds the pieces where agenda items begin.
4. `document_parser` parses the head and the attendance (`attendance_table` where it is a table), and `item_parser` each
   item; both recognise labels by `label_patterns` and dates by `date_parser`. The result is a `parsed_meeting`, without
   any database access.
5. `import_plan` compares it with the meeting, matches names by `attendance_match`, and saves the confirmed changes.

`admin_views` has the pages. `export` writes Word files with the labels of `standard_labels`.
"""
