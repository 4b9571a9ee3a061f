package archive

import (
	"bytes"
	"testing"

	"github.com/ulikunitz/xz/lzma"
)

// lzmaRaw packs text as LZMA without a header, with a dictionary of 64 KiB.
func lzmaRaw(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := lzma.WriterConfig{DictCap: 64 << 10, Size: int64(len(text)), SizeInHeader: true}.NewWriter(&b)
	if err != nil {
		t.Fatalf("packing: %v", err)
	}
	w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatalf("packing: %v", err)
	}
	return b.Bytes()[lzma.HeaderLen:]
}
