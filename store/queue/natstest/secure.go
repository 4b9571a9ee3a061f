package natstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// makeCredentials makes what a server run by an operator has: an authority and a
// certificate, an account that may use JetStream, and a user of it.
func (s *Server) makeCredentials() error {
	s.CA, s.WrongCA = filepath.Join(s.dir, "ca.pem"), filepath.Join(s.dir, "wrong-ca.pem")
	s.Credentials, s.WrongCredentials = filepath.Join(s.dir, "user.creds"), filepath.Join(s.dir, "wrong.creds")
	if err := makeCertificates(s.CA, filepath.Join(s.dir, "server.pem"), filepath.Join(s.dir, "server.key")); err != nil {
		return err
	}
	if err := makeCertificates(s.WrongCA, filepath.Join(s.dir, "wrong.pem"), filepath.Join(s.dir, "wrong.key")); err != nil {
		return err
	}
	conf, err := makeAccount(s.Credentials)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "account.conf"), []byte(conf), 0o600); err != nil {
		return err
	}
	_, err = makeAccount(s.WrongCredentials)
	return err
}

func (s *Server) secureConfig() string {
	if !s.o.Secure {
		return ""
	}
	return fmt.Sprintf("include \"account.conf\"\ntls { cert_file: %q, key_file: %q }\n",
		filepath.Join(s.dir, "server.pem"), filepath.Join(s.dir, "server.key"))
}

// makeAccount writes a user's credentials and returns the part of the server's
// configuration that lets this user in.
func makeAccount(credentials string) (string, error) {
	operator, err1 := nkeys.CreateOperator()
	system, err2 := nkeys.CreateAccount()
	account, err3 := nkeys.CreateAccount()
	user, err4 := nkeys.CreateUser()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return "", err
	}
	operatorKey, err1 := operator.PublicKey()
	systemKey, err2 := system.PublicKey()
	accountKey, err3 := account.PublicKey()
	userKey, err4 := user.PublicKey()
	userSeed, err5 := user.Seed()
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return "", err
	}
	oc := jwt.NewOperatorClaims(operatorKey)
	oc.SystemAccount = systemKey
	ac := jwt.NewAccountClaims(accountKey)
	ac.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: 32 << 20, DiskStorage: 128 << 20, Streams: 10, Consumer: 10}
	operatorJWT, err1 := oc.Encode(operator)
	systemJWT, err2 := jwt.NewAccountClaims(systemKey).Encode(operator)
	accountJWT, err3 := ac.Encode(operator)
	userJWT, err4 := jwt.NewUserClaims(userKey).Encode(account)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return "", err
	}
	creds, err := jwt.FormatUserConfig(userJWT, userSeed)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(credentials, creds, 0o600); err != nil {
		return "", err
	}
	return fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %s: %s, %s: %s }\n",
		operatorJWT, systemKey, systemKey, systemJWT, accountKey, accountJWT), nil
}

// makeCertificates makes an authority and a certificate for 127.0.0.1.
func makeCertificates(caFile, certFile, keyFile string) error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test server"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return err
	}
	certDER, err := x509.CreateCertificate(rand.Reader, cert, ca, &key.PublicKey, caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(caFile, "CERTIFICATE", caDER),
		writePEM(certFile, "CERTIFICATE", certDER),
		writePEM(keyFile, "PRIVATE KEY", keyDER),
	)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
