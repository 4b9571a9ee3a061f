package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"kairan/sanitize"
	"kairan/sanitize/benign"
)

// maxFileBytes bounds one file: no mail server takes a mail of that size.
const maxFileBytes = 64 << 20

// smallHeap is what reading a small mail needs, program and lists included.
const smallHeap = 16 << 20

// runSanitize is the sanitizer alone, for an analyst at a desk: no ledger, no
// configuration, nothing sent. Files are read in this process, one after the
// other.
func runSanitize(ctx context.Context, s std, args []string) error {
	f := flags(s, "sanitize", "[--as auto|report|original] [--format text|json|jsonl|csv] [--members FILE] [--lists FOLDER] [--lang ja|en] FILE...")
	as, format, lang := sanitize.AsAuto, "text", ""
	oneOf(f, &as, "as", []sanitize.As{sanitize.AsAuto, sanitize.AsReport, sanitize.AsOriginal}, "take a file for a `kind`: a report that holds originals, or an original itself")
	oneOf(f, &format, "format", []string{"text", "json", "jsonl", "csv"}, "print in this `format`; jsonl is one line per file")
	oneOf(f, &lang, "lang", []string{"ja", "en"}, "words of the text format, by default those of LANG")
	listsFolder := f.String("lists", "", "a `folder` of MISP warning lists: what is no indicator, besides what is built in")
	membersFile := f.String("members", "", "a members `file` (the CSV of kairan member import or the JSON of kairan rehearse), whose names are redacted too")
	files, err := parse(f, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if len(files) == 0 {
		return usagef("which file? Give at least one, or - for standard input")
	}
	w := bufio.NewWriterSize(s.out, 1<<16)
	a := &analyst{std: s, as: as, w: w}
	if a.show, err = printer(format, lang, w); err != nil {
		return err
	}
	if err := a.know(*membersFile); err != nil {
		return err
	}
	if a.lists, err = warningLists(*listsFolder); err != nil {
		return usageError{err.Error()}
	}
	failed := 0
	for _, name := range files {
		if ctx.Err() != nil {
			break
		}
		out := a.read(name)
		if out.Error != "" {
			failed++
			fmt.Fprintf(s.err, "kairan: %s: %s\n", inLine(name), out.Error)
		}
		if err := a.show.file(out); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	if err := errors.Join(a.show.end(), w.Flush()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed > 0 {
		return exitCode(exitError)
	}
	return nil
}

// analyst reads files for somebody at a desk.
type analyst struct {
	std
	as     sanitize.As
	policy sanitize.Policy
	gate   *sanitize.Gate // of the members; nil without any
	lists  *benign.Lists
	w      *bufio.Writer
	show   shower
}

// know reads the members whose names are to be redacted.
func (a *analyst) know(file string) error {
	a.policy = sanitize.Policy{Limits: sanitize.DefaultLimits(), Body: true}
	if file != "" {
		var err error
		if a.policy.Registry, err = readIdentities(file); err != nil {
			return err
		}
		a.gate = sanitize.NewGate(a.policy.Registry)
	}
	a.policy = a.policy.Compile()
	return nil
}

// read reads one file. What fails is told in the output.
func (a *analyst) read(name string) (out sanitize.Output) {
	raw, err := a.bytes(name)
	if err != nil {
		out = sanitize.Result{}.Output(name)
		out.Error = err.Error()
		return out
	}
	// Garbage is collected the more often the nearer the heap comes to this, so a
	// large mail takes no more than six times its size.
	debug.SetMemoryLimit(int64(len(raw))*5 + smallHeap)
	defer func() {
		// A fault of ours must not cost the other files.
		if p := recover(); p != nil {
			out = sanitize.Result{}.Output(name)
			out.Error = "reading it failed because of a fault in this program; please report it"
		}
	}()
	result := sanitize.RunAs(a.as, raw, a.policy)
	for _, o := range result.Originals {
		sanitize.Screen(o.Facts.Indicators, a.lists)
	}
	out = result.Output(name)
	told, err := json.Marshal(out.Originals)
	if err != nil {
		out.Error = "the result could not be written: " + err.Error()
		return out
	}
	gates := []*sanitize.Gate{sanitize.NewGate(result.Identities)}
	if a.gate != nil {
		gates = append(gates, a.gate)
	}
	for _, g := range gates {
		out.Leaks = append(out.Leaks, g.Check(told)...)
	}
	return out
}

// bytes reads a file, or standard input.
func (a *analyst) bytes(name string) ([]byte, error) {
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, cause(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("it is a folder; give the files in it")
		}
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", cause(err))
	}
	if len(raw) > maxFileBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFileBytes>>20)
	}
	return raw, nil
}

// cause is err without the path, which is told beside it.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// shower prints outputs in one format.
type shower interface {
	file(sanitize.Output) error
	end() error
}

func printer(format, lang string, w io.Writer) (shower, error) {
	switch format {
	case "json":
		return &showJSON{w: w}, nil
	case "jsonl":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return showLines{e}, nil
	case "csv":
		c := csv.NewWriter(w)
		return showCSV{c}, c.Write([]string{"file", "original", "type", "value", "defanged", "role", "confidence", "benign", "where"})
	}
	if lang == "" {
		lang = userLanguage()
	}
	return &showText{w: w, words: sanitizeWords[lang]}, nil
}

// userLanguage is the language of whoever runs the command.
func userLanguage() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "ja") {
				return "ja"
			}
			return "en"
		}
	}
	return "en"
}

// showJSON prints one object for one file, and an array of them for several.
type showJSON struct {
	w    io.Writer
	held []sanitize.Output
}

func (s *showJSON) file(o sanitize.Output) error {
	s.held = append(s.held, o)
	return nil
}

func (s *showJSON) end() error {
	if len(s.held) == 1 {
		return printJSON(s.w, s.held[0])
	}
	return printJSON(s.w, s.held)
}

type showLines struct{ e *json.Encoder }

func (s showLines) file(o sanitize.Output) error { return s.e.Encode(o) }
func (s showLines) end() error                   { return nil }

// showCSV prints a row for each indicator.
type showCSV struct{ w *csv.Writer }

func (s showCSV) file(o sanitize.Output) error {
	for n, original := range o.Originals {
		for _, i := range original.Indicators {
			benign := ""
			if i.Benign {
				benign = "yes"
			}
			row := []string{o.File, fmt.Sprint(n + 1), i.Type, i.Value, i.Defanged, i.Role, i.Confidence, benign, strings.Join(i.Where, "; ")}
			for c := range row {
				row[c] = forSpreadsheet(row[c])
			}
			if err := s.w.Write(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s showCSV) end() error {
	s.w.Flush()
	return s.w.Error()
}

// forSpreadsheet keeps a spreadsheet program from taking an attacker's value for
// a formula.
func forSpreadsheet(v string) string {
	if v != "" && strings.IndexByte("=+-@\t\r", v[0]) >= 0 {
		return "'" + v
	}
	return v
}
