package outlook

import (
	"bytes"
	"net/mail"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// corpus adds the files of the collection whose names end so, where
// KAIRAN_CORPUS names its folder.
func corpus(f *testing.F, pattern string) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// check checks what Message and Mail promise, whatever the input.
func check(t *testing.T, m *Message, input int) {
	size := 0
	var walk func(m *Message)
	walk = func(m *Message) {
		for _, s := range []string{m.Class, m.Subject, m.MessageID, m.Text, string(m.Header), m.From.Name, m.From.Address} {
			if !utf8.ValidString(s) {
				t.Fatalf("%q is not valid UTF-8", s)
			}
		}
		for _, a := range m.Attachments {
			if a.Name == "" || !isMediaType(a.Type) {
				t.Fatalf("an attachment has the name %q and the type %q", a.Name, a.Type)
			}
			size += len(a.Data)
			if a.Message != nil {
				walk(a.Message)
			}
		}
	}
	walk(m)
	if size > 2*input {
		t.Fatalf("%d bytes of attachments out of %d", size, input)
	}
	b := m.Mail()
	if len(m.Header) == 0 {
		// Written by us, so well formed.
		if _, err := mail.ReadMessage(bytes.NewReader(b)); err != nil {
			t.Fatalf("the mail cannot be read: %v\n%.2000q", err, b)
		}
	}
}

func FuzzReadMsg(f *testing.F) {
	f.Add(compoundFile(sample()))
	f.Add(compoundFile(nested(3)))
	corpus(f, "msg_*/*.msg")
	f.Fuzz(func(t *testing.T, b []byte) {
		IsMsg(b)
		if m, err := ReadMsg(b, Limits{}); err == nil {
			check(t, &m, len(b))
		}
	})
}

func FuzzReadTNEF(f *testing.F) {
	f.Add(tnefSample())
	f.Add(tnefNested(3))
	corpus(f, "tnef_*/*.tnef")
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := ReadTNEF(b, Limits{}); err == nil {
			check(t, &m, len(b))
		}
	})
}
