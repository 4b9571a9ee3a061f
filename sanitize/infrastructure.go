package sanitize

// infrastructure are hosts that stand in mails because programs write them:
// namespaces, document types, fonts, certificate lists. They were one URL in nine
// of a thousand real phishing mails and never an attacker's.
var infrastructure = stringSet(`
w3.org www.w3.org schemas.microsoft.com schemas.openxmlformats.org schemas.xmlsoap.org schema.org schemas.android.com purl.org www.purl.org
ns.adobe.com xmlns.com ogp.me purl.oclc.org openoffice.org docs.oasis-open.org
fonts.googleapis.com fonts.gstatic.com use.typekit.net use.fontawesome.com
ocsp.digicert.com crl3.digicert.com crl4.digicert.com crl.microsoft.com crl.globalsign.com ocsp.globalsign.com crl.verisign.com ocsp.verisign.com`)

// isInfrastructure reports whether host is on the built-in list.
func isInfrastructure(host string) bool { return infrastructure[host] }
