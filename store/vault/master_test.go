package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
)

// testIdentity seals nothing but what these tests make.
const testIdentity = "AGE-SECRET-KEY-1V0732MKQMKXPA6RYK2EWZLZARJRA7SK29GWNK6D780G8TX5MAP0QPW7Q0P"

func TestLoadOrCreateMaster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets", "master.key")
	m, created, err := LoadOrCreateMaster(path, "")
	if err != nil || !created {
		t.Fatalf("first start: created = %v, %v; want a new key", created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v; want 0600", info.Mode(), err)
	}
	again, created, err := LoadOrCreateMaster(path, " \n")
	if err != nil || created || again.identity.String() != m.identity.String() {
		t.Errorf("second start: created = %v, %v; want the same key", created, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := age.ParseIdentities(bytes.NewReader(text)); err != nil || len(ids) != 1 {
		t.Errorf("the age tool would not read the file: %d identities, %v", len(ids), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".master-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	other, created, err := LoadOrCreateMaster(path, testIdentityOf(t).String()+"\n")
	if err != nil || created || other.identity.String() == m.identity.String() {
		t.Errorf("with a key in the environment: created = %v, %v; want that one and not the file's", created, err)
	}
	unused := filepath.Join(t.TempDir(), "unused")
	if _, created, err := LoadOrCreateMaster(unused, testIdentityOf(t).String()); err != nil || created {
		t.Errorf("with a key in the environment and no file: created = %v, %v", created, err)
	}
	if _, err := os.Stat(unused); err == nil {
		t.Errorf("a file was written although the environment has the key")
	}
}

func testIdentityOf(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRefusedMasters(t *testing.T) {
	good := testIdentityOf(t).String()
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable by the group", good, 0o640, "chmod 600"},
		{"readable by all", good, 0o604, "chmod 600"},
		{"writable by the group", good, 0o620, "chmod 600"},
		{"empty", "", 0o600, "not an age identity"},
		{"comment only", "# lost\n", 0o600, "not an age identity"},
		{"mistyped", good[:len(good)-1] + "Q", 0o600, "not an age identity"},
		{"a recipient", testIdentityOf(t).Recipient().String(), 0o600, "not an age identity"},
		{"two", good + "\n" + good, 0o600, "2 identities"},
		{"another kind", hybrid.String(), 0o600, "another kind"},
		{"hex", strings.Repeat("ab", 32), 0o600, "not an age identity"},
	}
	for _, c := range cases {
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, created, err := LoadOrCreateMaster(path, "")
		if err == nil || created || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: created = %v, error %v; want one that names the file and says %q", c.name, created, err, c.want)
		}
		if now, _ := os.ReadFile(path); string(now) != c.text {
			t.Errorf("%s: the file was changed", c.name)
		}
		if c.mode != 0o600 || c.text == "" {
			continue
		}
		_, _, envErr := LoadOrCreateMaster(path, c.text)
		for _, err := range []error{err, envErr} {
			if err == nil || strings.Contains(err.Error(), good[20:40]) || strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: error %v; want one that does not repeat the key", c.name, err)
			}
		}
	}
	if _, _, err := LoadOrCreateMaster(t.TempDir(), ""); err == nil {
		t.Errorf("a folder was taken for a key")
	}
}

// Of many that start at once, all end up with the same key.
func TestMasterIsCreatedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	var mu sync.Mutex
	keys, made := map[string]bool{}, 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			m, created, err := LoadOrCreateMaster(path, "")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			keys[m.identity.String()] = true
			if created {
				made++
			}
		})
	}
	wg.Wait()
	if len(keys) != 1 || made != 1 {
		t.Errorf("%d keys, %d of them created; want one and one", len(keys), made)
	}
}

func TestDerive(t *testing.T) {
	id, err := age.ParseX25519Identity(testIdentity)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMaster(id)
	if err != nil {
		t.Fatal(err)
	}
	// A change here makes every audit log unverifiable.
	if got, want := hex.EncodeToString(m.Derive("audit")), "168048728ba71eabe3156440e051533f58fba727cbb642602da78837902ab50e"; got != want {
		t.Errorf("Derive(audit) = %s; want %s", got, want)
	}
	if bytes.Equal(m.Derive("audit"), m.Derive("other")) || bytes.Equal(m.Derive("audit"), newTestMaster(t).Derive("audit")) {
		t.Errorf("Derive gave the same for two labels or two masters")
	}
}

func TestMasterNeverPrintsItself(t *testing.T) {
	m := newTestMaster(t)
	secret := m.identity.String()[16:30]
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+verb+verb+"\n", m, *m, struct{ M *Master }{m})
	}
	v := newTestVault(t)
	v.master = m
	fmt.Fprintf(&out, "%+v %#v\n", v, v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "m", m, "v", *m, "in", struct{ M *Master }{m})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "m", m, "v", *m, "in", struct{ M *Master }{m})
	b, err := json.Marshal(map[string]any{"m": m, "v": *m})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	for _, s := range []string{secret, strings.ToLower(secret), hex.EncodeToString([]byte(secret)), "SECRET-KEY"} {
		if strings.Contains(out.String(), s) {
			t.Errorf("the key was printed:\n%s", out.String())
		}
	}
}
