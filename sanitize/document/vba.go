package document

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// vbaStream reads a stream of a project of macros ([MS-OVBA]). A module begins
// with its compiled form, then has its source, compressed.
func (g *gatherer) vbaStream(name string, data []byte) {
	g.note(NoteMacros)
	switch lower := strings.ToLower(name); {
	case lower == "dir":
		g.binaryStrings(g.ovbaDecompress(data))
		return
	case lower == "_vba_project", strings.HasPrefix(lower, "__srp_"):
		g.binaryStrings(data)
		return
	}
	source := g.vbaSource(data)
	if source == "" {
		// The source was taken out and the compiled form left: that still runs.
		g.binaryStrings(data)
		return
	}
	g.macro(source)
}

// vbaSource finds a module's source: it begins with "Attribut", uncompressed,
// since nothing stands before it that could be repeated.
func (g *gatherer) vbaSource(data []byte) string {
	i := bytes.Index(data, []byte("\x00Attribut"))
	if i < 3 || data[i-3] != 1 {
		return ""
	}
	b := g.ovbaDecompress(data[i-3:])
	if utf8.Valid(b) {
		return string(b)
	}
	s, err := japanese.ShiftJIS.NewDecoder().Bytes(b)
	if err != nil {
		s = b
	}
	return string(s)
}

// Procedures that Office calls by itself.
var autoRun = []string{
	"autoopen", "autoexec", "autoclose", "autoexit", "autonew", "auto_open", "auto_close", "document_open", "document_close", "document_new",
	"workbook_open", "workbook_beforeclose", "workbook_activate", "documentopen", "documentbeforeclose", "worksheet_activate", "worksheet_change",
	"_gotfocus", "_layout", "_painted", "_resize", "_beforenavigate2", "onload", "auto_activate", "app_documentopen",
}

// macro reads the source of a module.
func (g *gatherer) macro(source string) {
	lower := strings.ToLower(source)
	for _, name := range autoRun {
		if strings.Contains(lower, name) && (strings.Contains(lower, "sub ") || strings.Contains(lower, "function ")) {
			g.note(NoteAutoRun)
			break
		}
	}
	all := foldScript(source, langVB, g.room(), func(v value) {
		for _, u := range wholeURLs(v.s) {
			g.link(u, HowMacro, false)
		}
		g.value(v)
	})
	if !all {
		g.problem(ProblemLimit, "a macro has too many strings")
	}
	for _, u := range urlsIn(source) {
		g.link(u, HowMacro, false)
	}
	g.command(source)
}

// ovbaDecompress undoes the compression of [MS-OVBA] §2.4.1: chunks of at most
// 4,096 bytes, each of literals and of copies from earlier in the same chunk.
// What is damaged ends it.
func (g *gatherer) ovbaDecompress(b []byte) []byte {
	if len(b) == 0 || b[0] != 1 {
		return nil
	}
	var out []byte
	for b = b[1:]; len(b) >= 2; {
		header := binary.LittleEndian.Uint16(b)
		size := int(header&0xfff) + 3
		if header>>12&7 != 3 {
			break
		}
		chunk := b[2:min(size, len(b))]
		b = b[min(size, len(b)):]
		if len(out)+4096 > g.room() {
			g.problem(ProblemLimit, "too much was decoded")
			break
		}
		start := len(out)
		if header&0x8000 == 0 {
			out = append(out, chunk...)
			continue
		}
		out = ovbaChunk(out, start, chunk)
	}
	g.decoded(len(out))
	return out
}

func ovbaChunk(out []byte, start int, chunk []byte) []byte {
	for len(chunk) > 0 {
		flags := chunk[0]
		chunk = chunk[1:]
		for bit := 0; bit < 8 && len(chunk) > 0; bit++ {
			if flags>>bit&1 == 0 {
				out = append(out, chunk[0])
				chunk = chunk[1:]
				continue
			}
			if len(chunk) < 2 {
				return out
			}
			token := binary.LittleEndian.Uint16(chunk)
			chunk = chunk[2:]
			// §2.4.1.3.19.1: the further in the chunk, the more bits the offset takes.
			bits := 4
			for 1<<bits < len(out)-start {
				bits++
			}
			bits = min(bits, 12)
			length := int(token&(0xffff>>bits)) + 3
			offset := int(token>>(16-bits)) + 1
			if offset > len(out)-start {
				return out
			}
			for ; length > 0 && len(out)-start < 4096; length-- {
				out = append(out, out[len(out)-offset])
			}
		}
		if len(out)-start >= 4096 {
			return out
		}
	}
	return out
}
