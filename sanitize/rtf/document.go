package rtf

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Limits bound Scan. The zero value of a field means its default.
type Limits struct {
	Bytes int // of all embedded objects together; 64 MiB
	Links int // 1,000
}

// Findings are what a document holds besides its text.
type Findings struct {
	Links   []Link
	Objects []Object
	// Notes, sorted, are of these: "embedded-object", "equation-editor",
	// "external-template", "dde", "auto-update-object".
	Notes    []string
	Problems []string
}

// Link is a URL that a document refers to. Resource is true where it is loaded by
// the document itself, as a picture is.
type Link struct {
	URL, How string
	Resource bool
}

// Object is a file embedded in a document ([MS-OLEDS]).
type Object struct {
	Class string // as the object names it, such as "Package"
	Name  string // of the file inside, where it has one
	Data  []byte
}

// collected is a destination whose content is wanted.
type collected struct {
	word  string
	depth int
	text  []byte
	half  bool // of objdata: a digit waits for its other half
	digit byte
}

// Scan reads the structure of a document: the instructions of its fields, its
// template, and the objects in it, whatever junk stands between their digits.
func Scan(doc []byte, l Limits) Findings {
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	if l.Links <= 0 {
		l.Links = 1000
	}
	var f Findings
	note := func(n string) {
		if !slices.Contains(f.Notes, n) {
			f.Notes = append(f.Notes, n)
		}
	}
	s := scanner{doc: doc}
	depth, left := 0, l.Bytes
	var open *collected
	finish := func() {
		if open == nil {
			return
		}
		switch open.word {
		case "fldinst":
			f.field(string(open.text), l, note)
		case "template":
			if u := strings.TrimSpace(string(open.text)); strings.Contains(u, "://") || strings.HasPrefix(u, `\\`) {
				f.link(Link{URL: u, How: "template", Resource: false}, l)
				note("external-template")
			}
		case "objdata":
			left -= len(open.text)
			f.object(open.text, note)
		}
		open = nil
	}
	for {
		t := s.next()
		switch t.kind {
		case tokenEnd:
			finish()
			slices.Sort(f.Notes)
			return f
		case tokenOpen:
			depth++
		case tokenClose:
			if open != nil && depth <= open.depth {
				finish()
			}
			depth--
		case tokenWord:
			switch t.word {
			case "fldinst", "template", "objdata":
				finish()
				open = &collected{word: t.word, depth: depth}
			case "objupdate":
				note("auto-update-object")
			case "objautlink", "objlink":
				note("embedded-object")
			case "bin":
				b := s.skip(t.argument)
				if open != nil && open.word == "objdata" && len(open.text)+len(b) <= left {
					open.text = append(open.text, b...)
				}
			case "\\", "{", "}":
				if open != nil && open.word != "objdata" {
					open.text = append(open.text, t.word...)
				}
			}
		case tokenHex, tokenByte:
			if open == nil {
				continue
			}
			if open.word != "objdata" {
				if len(open.text) < 64<<10 {
					open.text = append(open.text, t.c)
				}
				continue
			}
			if t.kind == tokenHex {
				continue // junk between the digits
			}
			d, ok := hexDigit(t.c)
			switch {
			case !ok:
			case !open.half:
				open.half, open.digit = true, d
			case len(open.text) < left:
				open.half = false
				open.text = append(open.text, open.digit<<4|d)
			default:
				f.problem("more objects than are read")
				open.half = false
			}
		}
	}
}

func (f *Findings) problem(p string) {
	if !slices.Contains(f.Problems, p) {
		f.Problems = append(f.Problems, p)
	}
}

func (f *Findings) link(k Link, l Limits) {
	if len(f.Links) >= l.Links {
		f.problem("more links than are told")
		return
	}
	f.Links = append(f.Links, k)
}

// field reads a field's instruction, such as HYPERLINK "https://…" \o "tip".
func (f *Findings) field(text string, l Limits, note func(string)) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return
	}
	kind := strings.ToUpper(words[0])
	switch kind {
	case "DDE", "DDEAUTO":
		note("dde")
		return
	case "HYPERLINK", "INCLUDEPICTURE", "INCLUDETEXT", "IMPORT", "LINK":
	default:
		return
	}
	target := ""
	if i := strings.IndexByte(text, '"'); i >= 0 {
		target, _, _ = strings.Cut(text[i+1:], `"`)
	} else if len(words) > 1 {
		target = words[1]
	}
	if target = strings.TrimSpace(target); target != "" && !strings.HasPrefix(target, `\l`) {
		f.link(Link{URL: target, How: strings.ToLower(kind), Resource: kind != "HYPERLINK"}, l)
	}
}

// object reads the embedded object of an \objdata destination ([MS-OLEDS] §2.2.5).
func (f *Findings) object(b []byte, note func(string)) {
	if len(b) < 12 {
		return
	}
	note("embedded-object")
	class, rest, ok := lengthPrefixed(b[8:]) // behind the version and the format
	if !ok {
		f.Objects = append(f.Objects, Object{Data: b})
		return
	}
	o := Object{Class: strings.TrimRight(string(class), "\x00")}
	if strings.Contains(strings.ToLower(o.Class), "equation") {
		note("equation-editor")
	}
	for range 2 { // topic and item
		if _, rest, ok = lengthPrefixed(rest); !ok {
			break
		}
	}
	if ok {
		if data, _, whole := lengthPrefixed(rest); whole {
			rest = data
		}
	}
	o.Data = rest
	if name, data, ok := packaged(rest); ok && strings.EqualFold(o.Class, "package") {
		o.Name, o.Data = name, data
	}
	f.Objects = append(f.Objects, o)
}

// lengthPrefixed cuts what a length of four bytes says.
func lengthPrefixed(b []byte) (value, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, b, false
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, b, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// packaged reads the stream of a Package object: a file with its name.
func packaged(b []byte) (name string, data []byte, ok bool) {
	if len(b) < 2 || binary.LittleEndian.Uint16(b) != 2 {
		return "", nil, false
	}
	b = b[2:]
	cut := func() (string, bool) {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			return "", false
		}
		s := string(b[:i])
		b = b[i+1:]
		return s, true
	}
	label, ok1 := cut()
	_, ok2 := cut() // where it came from
	if !ok1 || !ok2 || len(b) < 8 {
		return "", nil, false
	}
	b = b[4:] // flags
	path, rest, ok := lengthPrefixed(b)
	if !ok {
		return "", nil, false
	}
	_ = path
	data, _, ok = lengthPrefixed(rest)
	return strings.ToValidUTF8(label, "\ufffd"), data, ok
}
