package document

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"kairan/sanitize/compound/compoundtest"
)

// This file writes the documents of the tests, no more of the formats than they
// need.

func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = le16(b, u)
	}
	return b
}

// zipOf writes a zip of names and contents in turn.
func zipOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.Create(pairs[i])
		if err == nil {
			_, err = f.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const types = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`

// office writes a package with these parts.
func office(t testing.TB, pairs ...string) []byte {
	return zipOf(t, append([]string{"[Content_Types].xml", types}, pairs...)...)
}

func rels(list ...string) string {
	return `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + strings.Join(list, "") + `</Relationships>`
}

func rel(kind, target string) string {
	return fmt.Sprintf(`<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s" TargetMode="External"/>`, kind, target)
}

func inner(kind, target string) string {
	return strings.Replace(rel(kind, target), ` TargetMode="External"`, "", 1)
}

type node = *compoundtest.Node

var (
	stream     = compoundtest.Stream
	storage    = compoundtest.Storage
	compoundOf = compoundtest.File
)

// of gives a storage a class.
func of(class string, n node) node { n.Class = class; return n }

func vbaProject(modules ...node) node { return storage("VBA", modules...) }
func module(name, source string) node {
	return stream(name, append([]byte("compiled"), ovbaCompress(source)...))
}
func project(modules ...node) []byte { return compoundOf(vbaProject(modules...)) }
func word(kids ...node) []byte {
	return compoundOf(append(kids, stream("WordDocument", make([]byte, 64)))...)
}

// ovbaCompress writes the container of [MS-OVBA] §2.4.1, with copies where the
// text repeats itself.
func ovbaCompress(s string) []byte {
	out := []byte{1}
	for len(s) > 0 {
		text := s[:min(len(s), 4096)]
		s = s[len(text):]
		var chunk []byte
		for pos := 0; pos < len(text); {
			flags, group := byte(0), []byte{}
			for bit := 0; bit < 8 && pos < len(text); bit++ {
				bits := 4
				for 1<<bits < pos {
					bits++
				}
				most := min(len(text)-pos, 0xffff>>bits+3)
				n, at := 0, 0
				for length := min(most, 40); length >= 3; length-- {
					if i := strings.LastIndex(text[:pos], text[pos:pos+length]); i >= 0 {
						n, at = length, i
						break
					}
				}
				if n >= 3 {
					flags |= 1 << bit
					group = le16(group, uint16((pos-at-1)<<(16-bits)|(n-3)))
					pos += n
				} else {
					group = append(group, text[pos])
					pos++
				}
			}
			chunk = append(append(chunk, flags), group...)
		}
		out = append(le16(out, uint16(0xb000|len(chunk)+2-3)), chunk...)
	}
	return out
}

// agile encrypts a package with Excel's own password ([MS-OFFCRYPTO] §2.3.4.10).
func agile(plain []byte, password string) []byte {
	salt, dataSalt, key := bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16), bytes.Repeat([]byte{3}, 32)
	const rounds = 1000
	sum := sha512.Sum512(append(slices.Clone(salt), wide(password)...))
	for i := range uint32(rounds) {
		sum = sha512.Sum512(append(le32(nil, i), sum[:]...))
	}
	encrypt := func(key, iv, in []byte) []byte {
		in = append(slices.Clone(in), make([]byte, (16-len(in)%16)%16)...)
		block, err := aes.NewCipher(key)
		if err != nil {
			panic(err)
		}
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(in, in)
		return in
	}
	seal := func(block string, in []byte) string {
		k := sha512.Sum512(append(sum[:], block...))
		return base64.StdEncoding.EncodeToString(encrypt(k[:32], salt, in))
	}
	b64 := base64.StdEncoding.EncodeToString
	verifier := bytes.Repeat([]byte{4}, 16)
	verifierHash := sha512.Sum512(verifier)
	info := le32(le16(le16(nil, 4), 4), 0x40)
	info = fmt.Appendf(info, `<?xml version="1.0"?><encryption xmlns="http://schemas.microsoft.com/office/2006/encryption"><keyData keyBits="256" hashAlgorithm="SHA512" cipherChaining="ChainingModeCBC" saltValue="%s"/>`+
		`<keyEncryptors><keyEncryptor><p:encryptedKey spinCount="%d" keyBits="256" hashAlgorithm="SHA512" saltValue="%s" encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`,
		b64(dataSalt), rounds, b64(salt), seal("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", verifier), seal("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", verifierHash[:]), seal("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", key))
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(plain)))
	for n := uint32(0); len(plain) > 0; n++ {
		segment := plain[:min(len(plain), 4096)]
		plain = plain[len(segment):]
		iv := sha512.Sum512(le32(slices.Clone(dataSalt), n))
		data = append(data, encrypt(key, iv[:16], segment)...)
	}
	return compoundOf(stream("EncryptionInfo", info), stream("EncryptedPackage", data))
}

// standard encrypts a package with Excel's own password ([MS-OFFCRYPTO] §2.3.4.5).
func standard(plain []byte) []byte {
	salt, verifier := bytes.Repeat([]byte{5}, 16), bytes.Repeat([]byte{6}, 16)
	sum := sha1.Sum(append(slices.Clone(salt), wide(excelPassword)...))
	for i := range uint32(50_000) {
		sum = sha1.Sum(append(le32(nil, i), sum[:]...))
	}
	sum = sha1.Sum(append(sum[:], 0, 0, 0, 0))
	pad := bytes.Repeat([]byte{0x36}, 64)
	for i, c := range sum {
		pad[i] ^= c
	}
	key := sha1.Sum(pad)
	encrypt := func(in []byte) []byte {
		in = append(slices.Clone(in), make([]byte, (16-len(in)%16)%16)...)
		block, err := aes.NewCipher(key[:16])
		if err != nil {
			panic(err)
		}
		for i := 0; i < len(in); i += 16 {
			block.Encrypt(in[i:], in[i:])
		}
		return in
	}
	header := make([]byte, 32)
	binary.LittleEndian.PutUint32(header[16:], 128)
	verifierHash := sha1.Sum(verifier)
	info := slices.Concat(le32(le16(le16(nil, 4), 2), 0x24), le32(nil, 32), header, le32(nil, 16), salt, encrypt(verifier), le32(nil, 20), encrypt(verifierHash[:]))
	return compoundOf(stream("EncryptionInfo", info), stream("EncryptedPackage", append(binary.LittleEndian.AppendUint64(nil, uint64(len(plain))), encrypt(plain)...)))
}

// deflated compresses as zlib.
func deflated(b []byte) []byte {
	var buf bytes.Buffer
	w := zlib.NewWriter(&buf)
	if _, err := w.Write(b); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// native writes the stream of an embedded file.
func native(name string, data []byte) []byte {
	b := le16(nil, 2)
	b = append(b, name+"\x00C:\\Users\\a\\"+name+"\x00"...)
	b = append(b, 0, 0, 3, 0)
	temp := "C:\\Temp\\" + name + "\x00"
	b = append(le32(b, uint32(len(temp))), temp...)
	b = append(le32(b, uint32(len(data))), data...)
	return append(le32(nil, uint32(len(b))), b...)
}

// record writes a record of a workbook.
func record(kind uint16, data []byte) []byte {
	return append(le16(le16(nil, kind), uint16(len(data))), data...)
}

// shortcutOf writes a .lnk with these strings; those that are "" are left out.
func shortcutOf(relative, args, icon, environment string, overlay []byte) []byte {
	flags := uint32(lnkUnicode)
	var body []byte
	add := func(flag uint32, s string) {
		if s != "" {
			flags |= flag
			body = append(le16(body, uint16(len(utf16.Encode([]rune(s))))), wide(s)...)
		}
	}
	add(lnkRelative, relative)
	add(lnkArgs, args)
	add(lnkIcon, icon)
	if environment != "" {
		body = le32(le32(body, 788), lnkEnvironment)
		body = append(body, environment+strings.Repeat("\x00", 260-len(environment))...)
		body = append(body, append(wide(environment), make([]byte, 520-2*len(environment))...)...)
	}
	body = append(le32(body, 0), overlay...)
	h := make([]byte, 76)
	copy(h, lnkMagic)
	binary.LittleEndian.PutUint32(h[20:], flags)
	return append(h, body...)
}

// oneOf writes a notebook that holds files.
func oneOf(pairs ...string) []byte {
	b := append([]byte(oneMagic), make([]byte, 1024)...)
	for i := 0; i < len(pairs); i += 2 {
		b = append(append(b, 0, 0), wide(pairs[i]+"\x00")...)
		if len(b)%2 != 0 {
			b = append(b, 0)
		}
		b = append(b, oneFileGUID...)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(pairs[i+1])))
		b = append(b, make([]byte, 12)...)
		b = append(b, pairs[i+1]...)
	}
	return append(append(b, 0, 0), append(wide("see https://evil.example/one "), 0, 0)...)
}
