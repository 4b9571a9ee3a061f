package pdf

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// lock is a page with a link, encrypted by another implementation of the standard:
// the encryption dictionary, the URL of object 6, and the content of object 4.
type lock struct {
	name, password    string // the user's
	v, r, length      int
	method            string
	o, u, oe, ue      string
	encrypted, stream string
}

const (
	lockedLink = "uri action https://evil.example/"
	lockedText = "shown"
)

func (l lock) file() []byte {
	encrypt := fmt.Sprintf("/Filter /Standard /V %d /R %d /Length %d /P -3901 /O <%s> /U <%s> /OE <%s> /UE <%s>", l.v, l.r, l.length, l.o, l.u, l.oe, l.ue)
	if l.method != "" {
		encrypt += " /CF << /StdCF << /CFM /" + l.method + " >> >> /StmF /StdCF /StrF /StdCF"
	}
	content, _ := hex.DecodeString(l.stream)
	return file("/Encrypt 2 0 R /ID [<00112233445566778899aabbccddeeff> <00>]",
		"null", "<< "+encrypt+" >>",
		"<< /Type /Page /Contents 4 0 R >>",
		stream("", string(content)),
		"null",
		"<< /Type /Annot /A << /S /URI /URI <"+l.encrypted+"> >> >>")
}

var locks = []lock{
	{
		"AES-128", "", 4, 4, 128, "AESV2",
		"566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5",
		"a3a4f7af6887ed934d25f6b4ef1e561400000000000000000000000000000000",
		"", "",
		"4dfd9b38305d76d20936fcc311ed9aa084cbbf58a0377a1fb2af0c76e8ec8ba17c3f67ca22b7a6e4f259537b59560382",
		"4f4b4602e62d1ff4c99746a0127ae6be0814ecef4b37007e750cba33b3dd32bbf87835531f7f316ec94227ad41938f53",
	},
	{
		"AES-128", "user", 4, 4, 128, "AESV2",
		"0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671",
		"b3613e593900e9b526019bb7f844c49400000000000000000000000000000000",
		"", "",
		"ef75428ef6a8cf1e580f63bdb2136988172a6cdd55d3c34b55273d8cc932b820bc6e7483c559c48ec763e028e3355900",
		"d67d4cbeca945081b7717e16967eb83c633060c19882cdb6f8ef0a033061b400f0b430f8ca64673e09829d48c1c8e13f",
	},
	{
		"AES-256, revision 5", "", 5, 5, 256, "AESV3",
		"fb186a6ee2a22e989945f53651e34e7a6dd61036fecefe888428aca2727465b52829f98d8641a88442c36360cf39ed12",
		"200a872e8e0828a514ca7e7253af8e47f2ee9d71b2a0d48b61f2e06a1312ed0554be7078aca380aa26ebad1945ec3b88",
		"72a647b2923fef443a3f0205e55900955e4d7f93f0b8c2029cc3312a4102f200", "0c2ea65e0a05b8a522e3190ea81c2836e0a014d5c8780923b5a119d83979ba19",
		"d16d49afb7bbd9e0385db08e3a4275e179e2f917f58601d910df6212acdce16a83ff36c086fd119e78a4101512515e4e",
		"93e49dda4f4325804ae2e81604110eda0e8c57b8f67a6e29dab32636baabefa9a4b5bc1b613305824d0a85ce2c9067e6",
	},
	{
		"AES-256, revision 5", "user", 5, 5, 256, "AESV3",
		"ccf874d03ce35dc8d1dcb53001a99e23a3ab42663e43ce3e9213f039c07bd649de62561b49ea5b54bbe5fb6a60352ca9",
		"de48c4a0a71f39d7c9f0e0eb1e116e46a6659f66d890ef0e8bc4460d4684a8752d08225ccb18cbf4cded23ba3ffa91d1",
		"aba4085b3ccb324c38255a1040b07e5fc92a5aa8e81344855cd86fa37d65794a", "903024bfb7ff76336a2d7bc084926573e85af5b96374f416c114f3b4190871ca",
		"6d83dc9a6a533f828007b224d19e36b21e612456e4e8fc59a5032cde22813229bfa0448578ca3fc1b5f8c4979bf3db4f",
		"c0be6515887117b229aaa2cc29bf39f53b612f2e39ed6e7e5b93105977130e0bb52204a211ae8c2cd34b36d586294500",
	},
	{
		"AES-256, revision 6", "", 5, 6, 256, "AESV3",
		"8db1bd333c0dbc9979d04e81498d099e5e1846f87349cab099e7eecc2624fdfd9449d833d1c63d3031b9acb1ab1139f7",
		"a8b2e2c2776ff9d826320c509bdedd4bdc8c3a9bf709588a116c6ac6ae0843dc8663d093542392800c5c47c3432a0a4d",
		"9a0cbf25ee9ce32796dd697a639c0a9651198cbf6b74fa04d712f14085540743", "8f8a31da320c2e1d8b9c0cac2950efbab890ca3df573493c4a617714c1106f26",
		"467ff83715f5cbaebb901948c4d32fddfcae5399cb2c0c1b93b3d82be4b4034f3158bff0e15fe36cfe84bf0a0d043c10",
		"437a962677e0695ff0e564553c25fdb4cdd8985b258b9e240f66dce16d13d05baf85af0096c9aa3d0d6e1e17dde80d75",
	},
	{
		"AES-256, revision 6", "user", 5, 6, 256, "AESV3",
		"4465eaf514e4b7a7c6d9e3a439f3c88d4795eb3fe31d7c9fd74b1225f8502619adbf76da8d8ee3c9a9c21214b6da96b8",
		"11bee7ec7559e8bd6b838799596bbd6729651f917e3ddc033151c28c360d07f24d8500b06ec41c63a2175163a86c76a4",
		"210bb8bbe2e8f88d52745983d46b277c446a778f7a62a8be35560775f8cfe4c7", "79cf5e90d7d96edd4cdd28afd456ef5738d63f9b084202bdbb24915853facf5e",
		"1ecc43d0e66e9c87951cc8fbed7ec01a453b52bd1a113d0bc7c1b6ac79912928c40dfeaa1f25e47fae870f3e36bcc6ce",
		"785444f93b6a4912beeba4e57357db041e40c541c8f4c997451f1a964f7a1b06774dae8d22162b7ac85e26293beb7638",
	},
	{
		"RC4, 128 bits", "", 4, 4, 128, "V2",
		"566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5",
		"a3a4f7af6887ed934d25f6b4ef1e561400000000000000000000000000000000",
		"", "",
		"5e8280d6668dc9a731d6b1134e2272053df0eaaecb",
		"449e5b64b3f231b12f0e368831cb6738453122780f15c124",
	},
	{
		"RC4, 128 bits", "user", 4, 4, 128, "V2",
		"0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671",
		"b3613e593900e9b526019bb7f844c49400000000000000000000000000000000",
		"", "",
		"ec4bcd72823e127c5c0e5bd0b85879d1b68ee594ad",
		"916fabed65381c54b694602d2d3201b23157b4b75b78b689",
	},
	{
		"RC4, 40 bits", "", 1, 2, 40, "",
		"c92422687facee686e373f10b5c7d04738053152f7e2ee30e11c69ec442576ab",
		"33f515ef8d7eec3812b9b48e543c4070486eed81ff11bbc4c81d2e8146515b74",
		"", "",
		"ad499a83d0c5fec31bc397728d6e0ed1665ecc8484",
		"08d086a66fb6e3b4c8b1f2e84484c90a3590823831799e8e",
	},
	{
		"RC4, 40 bits", "user", 1, 2, 40, "",
		"94e8094419662a774442fb072e3d9f19e9d130ec09a4d0061e78fe920f7ab62f",
		"54a6b296fc6ad8b3cc4131421a25c5b404fd610791a09c95fe6bd70262a1d67c",
		"", "",
		"ca1e07998139ec347942dbae834f7862c17db1ebce",
		"ba4d96a54ec4906f61fc74a8c5abed002fc18a886bb3d245",
	},
}

// A file that needs no password to be read is read, as every reader does; others
// with the password of the user or of the owner.
func TestEncrypted(t *testing.T) {
	for _, l := range locks {
		for _, c := range []struct {
			given string
			open  bool
		}{{"", l.password == ""}, {"wrong", l.password == ""}, {"user", true}, {"owner", true}} {
			f := ReadWith(l.file(), []string{"x", c.given}, Limits{})
			link, text, problem := "", "", ProblemEncrypted
			if c.open || l.password == "" {
				link, text, problem = lockedLink, lockedText, ""
			}
			if links(f) != link || f.Text != text || problems(f) != problem || strings.Join(f.Notes, " ") != "encrypted" {
				t.Errorf("%s, user password %q, given %q: links %q, text %q, notes %v, problems %v; want %q, %q",
					l.name, l.password, c.given, links(f), f.Text, f.Notes, f.Problems, link, text)
			}
		}
	}
}

// A lock that is only there for show hides nothing.
func TestLocksForShow(t *testing.T) {
	dictionary := "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <" + strings.Repeat("41", 32) + "> /U <" + strings.Repeat("42", 32) + "> >>"
	own := locks[0]
	for name, b := range map[string][]byte{
		"that no password opens": file(dictionary, aLink, stream("/Filter /FlateDecode", deflated("BT (shown) Tj ET"))),
		"that opens": append(own.file(), []byte("9 0 obj "+aLink+" endobj 8 0 obj "+
			stream("/Filter /FlateDecode", deflated("BT (shown) Tj ET"))+" endobj")...),
		"before the real one": append(file(dictionary), own.file()...),
	} {
		f := Read(b, Limits{})
		if links(f) != lockedLink || !strings.Contains(f.Text, "shown") {
			t.Errorf("%s: links %q, text %q, problems %v", name, links(f), f.Text, f.Problems)
		}
	}
}

// Streams may say that they are not encrypted.
func TestStreamsLeftPlain(t *testing.T) {
	b := string(locks[0].file()) + "8 0 obj " + stream("/Filter [/Crypt] /DecodeParms [<< /Name /Identity >>]", "BT (plain) Tj ET") + " endobj"
	if f := Read([]byte(b), Limits{}); f.Text != "shown\nplain" {
		t.Errorf("text %q", f.Text)
	}
}
