package main

import (
	"encoding/json"
	"io"
)

// printJSON prints a value for other programs. Control characters come out
// escaped, as JSON has them.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
