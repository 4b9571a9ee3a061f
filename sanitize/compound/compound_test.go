package compound_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kairan/sanitize/compound"
	"kairan/sanitize/compound/compoundtest"
)

// read gives every stream by its path, as the tree from the root shows them.
func read(t *testing.T, b []byte) map[string]string {
	t.Helper()
	f, err := compound.Open(b, compound.Limits{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	out := map[string]string{}
	var walk func(i int, path string)
	walk = func(i int, path string) {
		for _, kid := range f.Children(i) {
			e := f.Entries[kid]
			if e.Kind == compound.Storage {
				walk(kid, path+e.Name+"/")
				continue
			}
			data, whole := f.Stream(kid, len(b))
			if !whole {
				t.Errorf("%s%s: %d of %d bytes", path, e.Name, len(data), e.Size)
			}
			out[path+e.Name] = string(data)
		}
	}
	walk(0, "")
	return out
}

// TestRead: short and long streams, in storages in storages, in both versions.
func TestRead(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	huge := bytes.Repeat([]byte("x"), 8<<20) // more sectors of the FAT than the header lists
	root := []*compoundtest.Node{
		compoundtest.Stream("short", []byte("hello")), compoundtest.Stream("empty", nil), compoundtest.Stream("long", long),
		compoundtest.Storage("a", compoundtest.Stream("名前", []byte("one")), compoundtest.Storage("b", compoundtest.Stream("deep", long[:4096]))),
		compoundtest.Stream("huge", huge),
	}
	want := map[string]string{"short": "hello", "empty": "", "long": string(long), "a/名前": "one", "a/b/deep": string(long[:4096]), "huge": string(huge)}
	for name, b := range map[string][]byte{"version 3": compoundtest.File(root...), "version 4": compoundtest.FileV4(root...)} {
		got := read(t, b)
		if len(got) != len(want) {
			t.Errorf("%s: %d streams, want %d", name, len(got), len(want))
		}
		for path, data := range want {
			if got[path] != data {
				t.Errorf("%s: %s has %d bytes, want %d", name, path, len(got[path]), len(data))
			}
		}
	}
}

func TestNotCompound(t *testing.T) {
	good := compoundtest.File(compoundtest.Stream("a", []byte("b")))
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, compound.ErrNotCompound},
		{"magic alone", []byte(compound.Magic), compound.ErrNotCompound},
		{"other bytes", bytes.Repeat([]byte("x"), 2000), compound.ErrNotCompound},
		{"a header alone", good[:512], compound.ErrNoDirectory},
	} {
		if _, err := compound.Open(c.b, compound.Limits{}); !errors.Is(err, c.want) {
			t.Errorf("%s: Open = %v, want %v", c.name, err, c.want)
		}
	}
}

func TestLookup(t *testing.T) {
	f, err := compound.Open(compoundtest.File(compoundtest.Stream("Été", nil), compoundtest.Storage("x"), compoundtest.Stream("X", []byte("1"))), compound.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind compound.Kind
		name string
		ok   bool
	}{{compound.Stream, "éTÉ", true}, {compound.Stream, "x", true}, {compound.Storage, "X", true}, {compound.Storage, "été", false}, {compound.Stream, "xx", false}, {compound.Stream, "", false}} {
		if _, ok := f.Lookup(0, c.kind, c.name); ok != c.ok {
			t.Errorf("Lookup(%d, %q) = %v, want %v", c.kind, c.name, ok, c.ok)
		}
	}
}

func TestLimit(t *testing.T) {
	var nodes []*compoundtest.Node
	for i := range 100 {
		nodes = append(nodes, compoundtest.Stream(fmt.Sprint("s", i), nil))
	}
	b := compoundtest.File(nodes...)
	for _, c := range []struct {
		entries, want int
		limited       bool
	}{{50, 50, true}, {0, 101, false}} {
		f, err := compound.Open(b, compound.Limits{Entries: c.entries})
		if err != nil {
			t.Fatal(err)
		}
		used := 0
		for _, e := range f.Entries {
			if e.Kind != compound.Unused {
				used++
			}
		}
		if used != c.want || f.Limited != c.limited {
			t.Errorf("at most %d entries: %d, limited %v; want %d, %v", c.entries, used, f.Limited, c.want, c.limited)
		}
	}
}

// directory is where the lines of the directory stand in a file of version 3.
func directory(b []byte) int { return 512 + 512*int(binary.LittleEndian.Uint32(b[48:])) }

// TestHostile: pointers in loops, to themselves and beyond the end, sizes that lie.
// Whatever they are, nothing is in two places and no stream gives more than asked.
func TestHostile(t *testing.T) {
	plain := compoundtest.File(compoundtest.Stream("a", []byte("one")), compoundtest.Storage("s", compoundtest.Stream("b", bytes.Repeat([]byte("two"), 3000))), compoundtest.Stream("c", []byte("three")))
	line := func(b []byte, i int) []byte { d := directory(b); return b[d+128*i : d+128*i+128] }
	for name, spoil := range map[string]func(b []byte){
		"a sibling that is itself":         func(b []byte) { binary.LittleEndian.PutUint32(line(b, 1)[72:], 1) },
		"siblings in a circle":             func(b []byte) { binary.LittleEndian.PutUint32(line(b, 4)[68:], 1) },
		"a storage that holds itself":      func(b []byte) { binary.LittleEndian.PutUint32(line(b, 2)[76:], 2) },
		"a storage that holds the root":    func(b []byte) { binary.LittleEndian.PutUint32(line(b, 2)[76:], 0) },
		"a child beyond the end":           func(b []byte) { binary.LittleEndian.PutUint32(line(b, 0)[76:], 99999) },
		"all siblings left and right":      func(b []byte) { binary.LittleEndian.PutUint32(line(b, 1)[68:], 2) },
		"a size of four gigabytes":         func(b []byte) { binary.LittleEndian.PutUint32(line(b, 3)[120:], 0xffffffff) },
		"a size with junk above":           func(b []byte) { binary.LittleEndian.PutUint32(line(b, 3)[124:], 0xffffffff) },
		"a start beyond the end":           func(b []byte) { binary.LittleEndian.PutUint32(line(b, 3)[116:], 0x7fffffff) },
		"a name longer than there is room": func(b []byte) { binary.LittleEndian.PutUint16(line(b, 1)[64:], 0xffff) },
		"a name of odd length":             func(b []byte) { binary.LittleEndian.PutUint16(line(b, 1)[64:], 3) },
		"a directory that begins itself":   func(b []byte) { binary.LittleEndian.PutUint32(b[48:], 0) },
		"a table that lists itself":        func(b []byte) { binary.LittleEndian.PutUint32(b[68:], 0) },
		"a table of nothing": func(b []byte) {
			for off := 76; off < 512; off += 4 {
				binary.LittleEndian.PutUint32(b[off:], 0xffffffff)
			}
		},
	} {
		b := bytes.Clone(plain)
		spoil(b)
		check(t, name, b)
	}
	for n := range plain {
		check(t, fmt.Sprint("cut at ", n), plain[:n])
	}
	for _, v := range []uint32{0, 1, 2, 5, 0x7fffffff, 0xfffffffe, 0xffffffff} {
		for off := 24; off+4 <= len(plain); off += 4 {
			if off < 512 || off >= directory(plain) {
				b := bytes.Clone(plain)
				binary.LittleEndian.PutUint32(b[off:], v)
				check(t, fmt.Sprintf("%#x at %d", v, off), b)
			}
		}
	}
}

// check opens a file, whatever it is, and looks at everything in it.
func check(t *testing.T, name string, b []byte) {
	t.Helper()
	f, err := compound.Open(b, compound.Limits{Entries: 500})
	if err != nil {
		return
	}
	held := map[int]bool{}
	for i := range f.Entries {
		steps := 0
		for p := f.Entries[i].Parent; p >= 0; p = f.Entries[p].Parent {
			if steps++; steps > len(f.Entries) {
				t.Fatalf("%s: the parents of entry %d go in a circle", name, i)
			}
		}
		for _, kid := range f.Children(i) {
			if held[kid] {
				t.Fatalf("%s: entry %d is in two storages", name, kid)
			}
			held[kid] = true
			if f.Entries[kid].Parent != i {
				t.Fatalf("%s: entry %d is a child of %d and says %d", name, kid, i, f.Entries[kid].Parent)
			}
		}
		if strings.ContainsRune(f.Entries[i].Name, 0) || f.Entries[i].Size > len(b) {
			t.Fatalf("%s: entry %d is %q of %d bytes", name, i, f.Entries[i].Name, f.Entries[i].Size)
		}
		for _, most := range []int{0, 100, len(b)} {
			if data, _ := f.Stream(i, most); len(data) > most {
				t.Fatalf("%s: stream %d gives %d bytes, asked for %d", name, i, len(data), most)
			}
		}
	}
	if _, whole := f.Stream(-1, 10); whole || f.Children(-1) != nil || f.Children(len(f.Entries)) != nil {
		t.Errorf("%s: there is something at indices that are none", name)
	}
}

// TestHidden: what no pointer leads to is found all the same.
func TestHidden(t *testing.T) {
	b := compoundtest.File(compoundtest.Storage("s", compoundtest.Stream("hidden", []byte("x"))))
	binary.LittleEndian.PutUint32(b[directory(b)+76:], 0xffffffff) // the root holds nothing
	f, err := compound.Open(b, compound.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if kids := f.Children(1); len(kids) != 1 || f.Entries[kids[0]].Name != "hidden" || f.Entries[1].Parent != -1 {
		t.Errorf("the storage that nothing leads to holds %v", kids)
	}
}
