package arm

import (
	"bufio"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Limits of what a client of Redis may send: no more than a login needs.
const (
	maxRedisWords = 32
	maxRedisWord  = 4096
)

// ServeRedis serves a connection to a cache whose host name the client asked for in TLS: AUTH,
// HELLO, PING and QUIT. It returns when the client has gone. The protocol is in redis/redis-doc
// docs/reference/protocol-spec.md.
func (s *Server) ServeRedis(conn net.Conn, host string) error {
	s.mu.Lock()
	caches := s.hosts[strings.ToLower(host)]
	s.mu.Unlock()
	if len(caches) == 0 {
		return fmt.Errorf("arm stand-in: no cache has the host name %s", host)
	}
	session := redisSession{cache: caches[0], out: conn}
	in := bufio.NewReader(conn)
	for {
		words, err := readRedis(in)
		if err != nil {
			return err
		}
		session.cache.counter.count(Data)
		if err := session.answer(words); err != nil {
			return err
		}
	}
}

type redisSession struct {
	cache    *resource
	out      io.Writer
	loggedIn bool
}

var errQuit = errors.New("the client has quit")

func (s *redisSession) answer(words []string) error {
	if len(words) == 0 {
		return nil
	}
	switch command := strings.ToUpper(words[0]); {
	case command == "QUIT":
		return errors.Join(s.say("+OK"), errQuit)
	case command == "AUTH":
		return s.logIn(words[1:], "+OK")
	case command == "HELLO":
		return s.hello(words[1:])
	case !s.loggedIn:
		return s.say("-NOAUTH Authentication required.")
	case command == "PING":
		return s.say("+PONG")
	}
	return s.say("-ERR unknown command '" + strings.Map(printable, words[0]) + "', with args beginning with: ")
}

// hello answers in RESP2, whichever version is asked for but 3.
func (s *redisSession) hello(words []string) error {
	if len(words) > 0 && words[0] != "2" {
		return s.say("-NOPROTO unsupported protocol version")
	}
	const properties = "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2"
	at := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, "AUTH") })
	if at >= 0 {
		return s.logIn(words[at+1:min(at+3, len(words))], properties)
	}
	if !s.loggedIn {
		return s.say("-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
	}
	return s.say(properties)
}

// logIn accepts a key as the password of the default user.
func (s *redisSession) logIn(words []string, success string) error {
	if len(words) == 0 || len(words) > 2 {
		return s.say("-ERR wrong number of arguments for 'auth' command")
	}
	user, password := "default", words[len(words)-1]
	if len(words) == 2 {
		user = words[0]
	}
	good := slices.ContainsFunc(s.cache.currentKeys(), func(key Key) bool {
		return subtle.ConstantTimeCompare([]byte(key.Value), []byte(password)) == 1
	})
	if s.loggedIn = good && user == "default" && !s.cache.faults.current().LocalAuthDisabled; !s.loggedIn {
		return s.say("-WRONGPASS invalid username-password pair or user is disabled.")
	}
	return s.say(success)
}

func (s *redisSession) say(reply string) error {
	_, err := io.WriteString(s.out, reply+"\r\n")
	return err
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

// readRedis reads a command: an array of bulk strings.
func readRedis(in *bufio.Reader) ([]string, error) {
	count, err := readRedisNumber(in, '*', maxRedisWords)
	if err != nil {
		return nil, err
	}
	words := make([]string, count)
	for i := range words {
		size, err := readRedisNumber(in, '$', maxRedisWord)
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(in, text); err != nil {
			return nil, err
		}
		words[i] = string(text[:size])
	}
	return words, nil
}

func readRedisNumber(in *bufio.Reader, kind byte, limit int) (int, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(line))
	if text == "" || text[0] != kind {
		return 0, errors.New("arm stand-in: not a command of Redis")
	}
	number, err := strconv.Atoi(text[1:])
	if err != nil || number < 0 || number > limit {
		return 0, errors.New("arm stand-in: not a command of Redis")
	}
	return number, nil
}
