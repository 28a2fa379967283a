// Parses Bicep files, and prints the place of each syntax error: node parse.js FILE...
const { readFileSync } = require('node:fs');
const Parser = require('tree-sitter');
const Bicep = require('tree-sitter-bicep');

const parser = new Parser();
parser.setLanguage(Bicep);

function report(file, node) {
  if (node.type === 'ERROR' || node.isMissing) {
    console.log(`${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}: syntax error`);
    process.exitCode = 1;
    return;
  }
  node.children.forEach((child) => report(file, child));
}

// The grammar is older than the statement extension, which the other parser reads.
const older = (source) => source.replace(/^extension \w+$/gm, '');

for (const file of process.argv.slice(2)) {
  report(file, parser.parse(older(readFileSync(file, 'utf8'))).rootNode);
}
