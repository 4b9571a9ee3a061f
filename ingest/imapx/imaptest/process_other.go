//go:build !linux

package imaptest

import (
	"errors"
	"os/user"
)

const canStart = false

type process struct{ done chan struct{} }

func spawn(*user.User, string, ...string) (*process, error) { return nil, errors.ErrUnsupported }

func (*process) terminate() {}
func (*process) kill()      {}
