package azurekeys

import (
	"context"
	"crypto/tls"
	"io"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
)

// redisPort is where Azure Cache for Redis has TLS.
const redisPort = "6380"

// redisPort returns where the cache has TLS.
func (with signing) redisPort() string {
	if port, known := with.about.at(with.proof.place.port).(float64); known {
		return strconv.Itoa(int(port))
	}
	return redisPort
}

// redisCluster is what has the host name of a database of Azure Managed Redis: RedisEnterprise_Get
// in redisenterprise/resource-manager/Microsoft.Cache/RedisEnterprise/stable/2025-07-01,
// redisenterprise.json.
var redisCluster = &also{"cluster", func(t target) string { return t.above() }}

// managedRedisUnfit says why a key of Azure Managed Redis can't be tried. Databases have one port,
// with TLS or without (MicrosoftDocs/azure-docs
// articles/azure-cache-for-redis/cache-how-to-redis-cli-tool.md).
func managedRedisUnfit(with signing) string {
	if with.about.at("properties.clientProtocol") == "Plaintext" {
		return "the database takes no TLS"
	}
	return addressUnknown(with)
}

// maxRedisReply bounds the first line of a reply: "+OK", or an error.
const maxRedisReply = 512

// speakRedis logs in as the default user, whose password the key is
// (redis.io/docs/latest/develop/reference/protocol-spec).
func speakRedis(ctx context.Context, p planes, with signing) (rotation.Verdict, error) {
	conn, err := p.dial(ctx, "tcp", with.host+":"+with.redisPort())
	if err != nil {
		return rotation.Unknown, with.unreachable()
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	secure := tls.Client(conn, p.tlsFor(with.host))
	if err := secure.HandshakeContext(ctx); err != nil {
		return rotation.Unknown, with.unreachable()
	}
	if _, err := io.WriteString(secure, "*2\r\n$4\r\nAUTH\r\n$"+strconv.Itoa(len(with.key))+"\r\n"+with.key+"\r\n"); err != nil {
		return rotation.Unknown, with.unreachable()
	}
	line, err := readLine(secure)
	if err != nil {
		return rotation.Unknown, with.unreachable()
	}
	return judgeRedis(with, line)
}

func readLine(from io.Reader) (string, error) {
	var line strings.Builder
	one := make([]byte, 1)
	for line.Len() < maxRedisReply {
		if _, err := io.ReadFull(from, one); err != nil {
			return "", err
		}
		if one[0] == '\n' {
			break
		}
		line.WriteByte(one[0])
	}
	return strings.TrimSpace(line.String()), nil
}

// judgeRedis reads the reply to AUTH. Redis before version 6 says "ERR invalid password".
func judgeRedis(with signing, line string) (rotation.Verdict, error) {
	switch {
	case line == "+OK":
		return rotation.Accepted, nil
	case strings.HasPrefix(line, "-WRONGPASS"), strings.HasPrefix(line, "-ERR invalid password"):
		return rotation.Rejected, nil
	}
	return rotation.Unknown, rotation.Temporaryf("%s does not say whether the key is valid: its reply to AUTH is none that Redis gives.", with.host)
}

// tlsFor returns the settings of a connection to a host, with the authorities that HTTP trusts.
func (p planes) tlsFor(host string) *tls.Config {
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: p.roots}
}
