// Logs in to the stand-in with tedious: changes a password and is refused with the old one.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { Connection, Request } from "tedious";

const [host, port, user, old, next, roots] = process.argv.slice(2);

const connect = (password) => new Promise((resolve, reject) => {
  const connection = new Connection({
    server: host,
    authentication: { type: "default", options: { userName: user, password } },
    options: { port: Number(port), database: "master", encrypt: true, trustServerCertificate: false, cryptoCredentialsDetails: { ca: readFileSync(roots) }, connectTimeout: 10000 },
  });
  connection.connect((error) => (error ? reject(error) : resolve(connection)));
});

const run = (connection, sql) => new Promise((resolve, reject) => {
  const rows = [];
  const request = new Request(sql, (error) => (error ? reject(error) : resolve(rows)));
  request.on("row", (columns) => rows.push(columns.map((column) => column.value)));
  connection.execSqlBatch(request);
});

const first = await connect(old);
assert.deepStrictEqual(await run(first, "SELECT SUSER_SNAME()"), [[user]]);
await assert.rejects(run(first, "DROP TABLE x"), { number: 102 });
await run(first, `ALTER LOGIN [${user}] WITH PASSWORD = N'${next}' OLD_PASSWORD = N'${old}'`);
first.close();
(await connect(next)).close();
await assert.rejects(connect(old), { code: "ELOGIN" });
console.log("PASS");
