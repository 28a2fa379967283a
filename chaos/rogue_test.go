package chaos_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rotunda/internal/rotators/rotatortest"
)

// rogue is a Redis server that no one should trust. It stands before a real one, and at times it
// hangs, sends megabytes, or says that it has removed a password and keeps it.
type rogue struct {
	addr string
	mood atomic.Int32
	did  [moods]atomic.Int64 // how often it did so
}

// The moods of a rogue.
const (
	honest int32 = iota
	hangs        // it executes the command and does not answer
	floods       // it answers with megabytes
	keeps        // it does not remove passwords, and says that it has
	moods
)

func startRogue(t *testing.T, server string) *rogue {
	t.Helper()
	r := &rogue{}
	r.addr = rotatortest.StartRogue(t, func(conn net.Conn) { r.serve(conn, server) }).Addr
	return r
}

// serve forwards a connection, command by command.
func (r *rogue) serve(conn net.Conn, server string) {
	real, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	answers := &mutable{to: conn}
	forwarded := make(chan struct{})
	go func() {
		defer close(forwarded)
		_, _ = io.Copy(answers, real)
	}()
	r.forward(bufio.NewReader(conn), conn, real, answers)
	_ = real.Close()
	<-forwarded
}

func (r *rogue) forward(commands *bufio.Reader, client io.Writer, server io.Writer, answers *mutable) {
	for {
		command, err := readCommand(commands)
		if err != nil {
			return
		}
		mood := r.mood.Load()
		switch {
		case mood == floods && !strings.EqualFold(command[0], "HELLO"): // or it would not hear of the login
			r.did[mood].Add(1)
			answers.mute.Store(true)
			rotatortest.Flood(client, []byte("+megabytes\r\n"))
			return
		case mood == hangs && !answers.mute.Swap(true):
			r.did[mood].Add(1)
		case mood == keeps && isRemoval(command):
			r.did[mood].Add(1)
			command = command[:3]
		}
		if _, err := io.WriteString(server, encodeCommand(command)); err != nil {
			return
		}
	}
}

// mutable forwards what is written unless it is mute.
type mutable struct {
	to   io.Writer
	mute atomic.Bool
}

func (m *mutable) Write(p []byte) (int, error) {
	if m.mute.Load() {
		return len(p), nil
	}
	return m.to.Write(p)
}

// moody changes the rogue's mood until ctx ends. Then it is honest. It keeps passwords as often as
// it does anything else, because it is asked to remove one only at the end of a rotation.
func (r *rogue) moody(ctx context.Context, random *rand.Rand) {
	defer r.mood.Store(honest)
	for {
		for _, next := range []int32{hangs + random.Int32N(2), honest, keeps, honest} {
			r.mood.Store(next)
			if !every(ctx, time.Duration((0.5+random.Float64())*float64(time.Second))) {
				return
			}
		}
	}
}

func (r *rogue) String() string {
	return fmt.Sprintf("the rogue hung %d times, sent megabytes %d times and kept %d passwords", r.did[hangs].Load(), r.did[floods].Load(), r.did[keeps].Load())
}

// wantRogue checks that the rogue did everything that it is there for.
func (r *rogue) wantRogue(t *testing.T) {
	t.Helper()
	for _, mood := range []int32{hangs, floods, keeps} {
		if r.did[mood].Load() == 0 {
			t.Errorf("the run shows too little: %s", r)
		}
	}
}
