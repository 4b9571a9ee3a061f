package archive

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// check compares what was read with the files that were put in.
func check(t *testing.T, c Contents, kind string, want []file) {
	t.Helper()
	if c.Kind != kind {
		t.Errorf("kind %q; want %q", c.Kind, kind)
	}
	var files []Member
	for _, m := range c.Members {
		if !m.Dir {
			files = append(files, m)
		}
	}
	if len(files) != len(want) {
		t.Fatalf("%d files %+v, problems %+v; want %d", len(files), files, c.Problems, len(want))
	}
	for i, w := range want {
		m := files[i]
		if m.Name != w.name || string(m.Data) != w.data || m.Partial || m.Size != int64(len(w.data)) {
			t.Errorf("member %d is %q, %d bytes, %.40q, partial %v; want %q, %d bytes, %.40q, whole; problems %v",
				i, m.Name, m.Size, m.Data, m.Partial, w.name, len(w.data), w.data, c.Problems)
		}
	}
}

func hasProblem(c Contents, code string) bool {
	return slices.ContainsFunc(c.Problems, func(p Problem) bool { return p.Code == code })
}

// noSecrets fails where a password, a name or content is in a problem.
func noSecrets(t *testing.T, c Contents, secrets ...string) {
	t.Helper()
	for _, p := range c.Problems {
		for _, s := range secrets {
			if strings.Contains(p.Detail, s) {
				t.Errorf("problem %+v tells %q", p, s)
			}
		}
	}
}

var twoFiles = []file{{"invoice.txt", "Please pay."}, {"sub/letter.txt", strings.Repeat("Dear all, ", 300)}}

// patch replaces the first old in a copy of b.
func patch(t testing.TB, b []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("the test archive lacks %q", old)
	}
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}
