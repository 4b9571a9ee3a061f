package archive

import (
	"slices"
	"testing"
)

func TestRAR(t *testing.T) {
	check(t, Read(buildRAR5(t, twoFiles, nil), nil, Limits{}), "rar", twoFiles)
	check(t, Read(buildRAR3(t, twoFiles, nil), nil, Limits{}), "rar", twoFiles)
	check(t, Read(append([]byte("MZ a program with Rar! in it"), buildRAR5(t, twoFiles, nil)...), nil, Limits{}), "rar", twoFiles)
}

func TestRAREncrypted(t *testing.T) {
	for _, c := range []struct {
		name   string
		b      []byte
		hidden bool // names too
	}{
		{"RAR 5, files", buildRAR5(t, twoFiles, &rarLock{password: "Abc123", power: 15}), false},
		{"RAR 5, files, without a check", buildRAR5(t, twoFiles, &rarLock{password: "Abc123", power: 15, noCheck: true}), false},
		{"RAR 5, headers", buildRAR5(t, twoFiles, &rarLock{password: "Abc123", power: 15, headers: true}), true},
		{"RAR 3, files", buildRAR3(t, twoFiles, &rarLock{password: "Abc123"}), false},
		{"RAR 3, headers", buildRAR3(t, twoFiles, &rarLock{password: "Abc123", headers: true}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "RAR 5, headers" {
				// The files of such an archive are encrypted on their own as well, but
				// need not be.
				check(t, Read(c.b, []string{"wrong", "Abc123"}, Limits{}), "rar", twoFiles)
			} else {
				got := Read(c.b, []string{"wrong", "Abc123"}, Limits{})
				check(t, got, "rar", twoFiles)
				if len(got.Problems) > 0 || !got.Members[0].Encrypted {
					t.Errorf("problems %v, encrypted %v; want none, true", got.Problems, got.Members[0].Encrypted)
				}
			}
			for _, passwords := range [][]string{nil, {"wrong"}} {
				got := Read(c.b, passwords, Limits{})
				names := 2
				if c.hidden {
					names = 0
				}
				if !hasProblem(got, ProblemEncrypted) || len(got.Members) != names || slices.ContainsFunc(got.Members, func(m Member) bool { return m.Data != nil }) {
					t.Errorf("with passwords %q: %+v; want %d names, no data and a problem", passwords, got, names)
				}
				noSecrets(t, got, "wrong", "invoice", "Abc123")
			}
		})
	}
}

func TestRARKeysAreBounded(t *testing.T) {
	b := buildRAR5(t, twoFiles, &rarLock{password: "Abc123", power: 4})
	b = patch(t, b, "\x01\x00\x01\x04\x03\x03", "\x01\x00\x01\x18\x03\x03") // 2^24 rounds
	if got := Read(b, []string{"Abc123"}, Limits{}); !hasProblem(got, ProblemLimit) {
		t.Errorf("problems %v; want a limit", got.Problems)
	}
	b = buildRAR3(t, twoFiles, &rarLock{password: "Abc123"})
	if got := Read(b, []string{"Abc123"}, Limits{Work: rar3Rounds}); !hasProblem(got, ProblemLimit) {
		t.Errorf("problems %v; want a limit", got.Problems)
	}
}
