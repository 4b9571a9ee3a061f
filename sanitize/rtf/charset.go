package rtf

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// codePage is the encoding of a Windows code page.
func codePage(n int) encoding.Encoding {
	switch n {
	case 932, 10001:
		return japanese.ShiftJIS
	case 936, 10008:
		return simplifiedchinese.GBK
	case 54936:
		return simplifiedchinese.GB18030
	case 949, 1361, 10003:
		return korean.EUCKR
	case 950, 10002:
		return traditionalchinese.Big5
	case 51932, 20932:
		return japanese.EUCJP
	case 65001:
		return unicode.UTF8
	case 874:
		return charmap.Windows874
	case 1250, 10029:
		return charmap.Windows1250
	case 1251, 10007:
		return charmap.Windows1251
	case 1253, 10006:
		return charmap.Windows1253
	case 1254, 10081:
		return charmap.Windows1254
	case 1255, 10005:
		return charmap.Windows1255
	case 1256, 10004:
		return charmap.Windows1256
	case 1257:
		return charmap.Windows1257
	case 1258:
		return charmap.Windows1258
	case 437:
		return charmap.CodePage437
	case 850:
		return charmap.CodePage850
	case 852:
		return charmap.CodePage852
	case 855:
		return charmap.CodePage855
	case 866:
		return charmap.CodePage866
	case 10000:
		return charmap.Macintosh
	}
	return charmap.Windows1252
}

// charsetPages are the code pages of \fcharset (RTF 1.9.1, "Font Table").
var charsetPages = map[int]int{
	77: 10000, 78: 10001, 79: 10003, 80: 10008, 81: 10002, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
	177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}
