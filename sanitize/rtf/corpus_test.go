package rtf

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kairan/sanitize/compound"
)

// corpusCompressed is every compressed RTF of the corpus: in the .msg files the
// stream of PidTagRtfCompressed, in TNEF files wherever a header of it stands.
func corpusCompressed(t testing.TB) [][]byte {
	root := os.Getenv("KAIRAN_CORPUS")
	if root == "" {
		return nil
	}
	var found [][]byte
	for _, dir := range []string{"msg_poi", "msg_tika", "tnef_mimekit"} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.HasPrefix(b, compoundMagic) {
				found = append(found, compressedStreams(t, b)...)
			} else {
				found = append(found, compressedIn(b)...)
			}
		}
	}
	return found
}

func compressedStreams(t testing.TB, msg []byte) (found [][]byte) {
	c, err := compound.Open(msg, compound.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range c.Entries {
		// A storage of that other name holds the names of properties, no property.
		if strings.HasPrefix(e.Name, "__substg1.0_10090102") && e.Parent >= 0 && c.Entries[e.Parent].Name != "__nameid_version1.0" {
			b, _ := c.Stream(i, len(msg))
			found = append(found, b)
		}
	}
	return found
}

func compressedIn(tnef []byte) (found [][]byte) {
	for _, kind := range []uint32{typeLZFu, typeMELA} {
		mark := binary.LittleEndian.AppendUint32(nil, kind)
		for from := 0; ; {
			i := bytes.Index(tnef[from:], mark)
			if i < 0 {
				break
			}
			if from += i; from >= 8 {
				found = append(found, tnef[from-8:])
			}
			from += len(mark)
		}
	}
	return found
}

func TestCorpus(t *testing.T) {
	all := corpusCompressed(t)
	if all == nil {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	decoded, pages, texts := 0, 0, 0
	for i, b := range all {
		doc, err := Decompress(b, 100<<20)
		if err != nil {
			t.Errorf("compressed RTF %d of %d bytes: %d bytes decoded, %v", i, len(b), len(doc), err)
		}
		if IsRTF(doc) {
			decoded++
		}
		if html, ok := HTML(doc, 100<<20); ok {
			pages++
			if n := bytes.Count(html, []byte("\uFFFD")); n > 0 || !bytes.Contains(bytes.ToLower(html), []byte("<html")) {
				t.Errorf("compressed RTF %d: page of %d bytes with %d broken characters: %.300q", i, len(html), n, html)
			}
		}
		if text := Text(doc, 100<<20); strings.TrimSpace(text) != "" {
			texts++
			if n := strings.Count(text, "\uFFFD"); n > 0 {
				t.Errorf("compressed RTF %d: text with %d broken characters: %.300q", i, n, text)
			}
		}
	}
	if got, want := [4]int{len(all), decoded, pages, texts}, [4]int{60, 60, 34, 59}; got != want {
		t.Errorf("compressed RTF, documents, pages, with text = %v, want %v", got, want)
	}
}
