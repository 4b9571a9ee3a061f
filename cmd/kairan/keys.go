package main

import (
	"context"
	"fmt"

	"kairan/configs"
	"kairan/sanitize/envelope"
)

// reportKeys are the hub's own keys for reports that were encrypted to it.
func reportKeys(ctx context.Context, s configs.Sanitize) (envelope.Keys, error) {
	var keys envelope.Keys
	read := func(file string) (string, error) { return configs.Secret{File: file}.Read(ctx) }
	for _, file := range s.PGPKeyFiles {
		text, err := read(file)
		if err != nil {
			return keys, fmt.Errorf("sanitize.pgp_key_files: %w", err)
		}
		keys.PGP = append(keys.PGP, text)
	}
	if s.PGPPassphraseFile != "" {
		text, err := read(s.PGPPassphraseFile)
		if err != nil {
			return keys, fmt.Errorf("sanitize.pgp_passphrase_file: %w", err)
		}
		keys.Passphrase = text
	}
	for _, file := range s.SMIMEKeyFiles {
		text, err := read(file)
		if err != nil {
			return keys, fmt.Errorf("sanitize.smime_key_files: %w", err)
		}
		keys.SMIME = append(keys.SMIME, envelope.KeyPair{CertPEM: text, KeyPEM: text})
	}
	if err := keys.Check(); err != nil {
		return keys, fmt.Errorf("the keys for encrypted reports: %w", err)
	}
	return keys, nil
}
