// The smallest server of Node's own: what a start costs there.
import http from 'node:http';
http.createServer((_, res) => res.end('hello')).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), '127.0.0.1');
