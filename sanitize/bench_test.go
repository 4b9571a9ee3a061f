package sanitize

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"
)

// ordinaryMail is a mail as most are: some 21 KB, a text and a page, the page
// with tables, styles, pictures and a dozen links, under the trace fields of four
// servers. n makes one differ from the next.
func ordinaryMail(n int) []byte {
	var page, text strings.Builder
	page.WriteString(`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<style type="text/css">body{margin:0;padding:0;font-family:Arial,Helvetica,sans-serif} .button a{color:#ffffff;text-decoration:none} @media only screen and (max-width:600px){.wrap{width:100%!important}}</style></head>
<body style="margin:0;padding:0;background-color:#f4f4f4">
<!--[if mso]><table width="600"><tr><td><![endif]--><table class="wrap" width="600" cellpadding="0" cellspacing="0" border="0" align="center">`)
	paragraphs := []string{
		"いつもご利用いただきありがとうございます。お客様のアカウントで通常と異なるサインインが確認されました。",
		"We noticed that somebody signed in to your account from a device that we do not know. If it was you, nothing need be done.",
		"下記のリンクより24時間以内にご本人確認をお願いいたします。期限を過ぎますとサービスのご利用が制限されます。",
		"Your statement for the month is ready. Please review the amounts below, and tell us within 30 days of anything that is not right.",
	}
	for i := range 26 {
		p := paragraphs[(i+n)%len(paragraphs)]
		fmt.Fprintf(&page, "\n<tr><td style=\"padding:12px 24px;font-size:14px;line-height:20px;color:#333333;border-bottom:1px solid #eeeeee\"><p style=\"margin:0 0 10px 0\">%s</p>", p)
		if i%2 == 0 {
			fmt.Fprintf(&page, "<a href=\"https://signin-%d.portal-check.example/verify/%d?session=%d&amp;lang=ja\" target=\"_blank\" style=\"color:#0066cc\">アカウントを確認する</a>", n%97, i, n*31+i)
		}
		if i%5 == 0 {
			fmt.Fprintf(&page, "<img src=\"https://img.portal-check.example/banner/%d.png\" width=\"552\" height=\"80\" alt=\"banner\" border=\"0\" />", i)
		}
		page.WriteString("</td></tr>")
		fmt.Fprintf(&text, "%s\n\n", p)
		if i%6 == 0 {
			fmt.Fprintf(&text, "https://signin-%d.portal-check.example/verify/%d?session=%d&lang=ja\n\n", n%97, i, n*31+i)
		}
	}
	page.WriteString("\n</table></body></html>\n")

	var b bytes.Buffer
	for i := range 4 {
		fmt.Fprintf(&b, "Received: from out%d.sender-net.example (out%d.sender-net.example [203.0.113.%d])\r\n\tby mx%d.receiver.example (Postfix) with ESMTPS id 4F%06d\r\n\tfor <taro.yamada@receiver.example>; Mon, 16 Nov 2026 10:%02d:00 +0900 (JST)\r\n", i, i, i+10, i, n, i)
	}
	fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender-net.example; s=s1;\r\n\th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\tb=%s\r\n", strings.Repeat("Zm9vYmFy", 20))
	fmt.Fprintf(&b, "From: =?UTF-8?B?%s?= <no-reply@sender-net.example>\r\nTo: <taro.yamada@receiver.example>\r\nSubject: =?UTF-8?B?%s?=\r\nDate: Mon, 16 Nov 2026 10:00:00 +0900\r\nMessage-ID: <%d.abc@sender-net.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"----=_Part_%d\"\r\n\r\n",
		base64.StdEncoding.EncodeToString([]byte("カスタマーサポート")), base64.StdEncoding.EncodeToString([]byte("【重要】アカウントの確認のお願い")), n, n)
	fmt.Fprintf(&b, "------=_Part_%d\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", n)
	encoded := base64.StdEncoding.EncodeToString([]byte(text.String()))
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	fmt.Fprintf(&b, "%s\r\n------=_Part_%d\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", encoded, n)
	q := quotedprintable.NewWriter(&b)
	q.Write([]byte(page.String()))
	q.Close()
	fmt.Fprintf(&b, "\r\n------=_Part_%d--\r\n", n)
	return b.Bytes()
}

// BenchmarkOrdinaryMail is the whole way of a suspicious mail, from its bytes to
// the facts about it, on one core.
func BenchmarkOrdinaryMail(b *testing.B) {
	mails := make([][]byte, 50)
	size := 0
	for i := range mails {
		mails[i] = ordinaryMail(i)
		size += len(mails[i])
	}
	policy := Policy{}.Compile()
	b.SetBytes(int64(size / len(mails)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		RunAs(AsOriginal, mails[i%len(mails)], policy)
		i++
	}
}
