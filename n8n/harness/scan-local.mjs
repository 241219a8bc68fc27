#!/usr/bin/env node
/*
 * n8n's own check of a community package, on this folder instead of on something
 * published: its sources, and what `npm pack` would publish of it. The package must
 * be built. What can't be checked here is the provenance: n8n's command asks the
 * registry and the source host for that.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PACKAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const scanner = path.join(PACKAGE, 'node_modules', '@n8n', 'scan-community-package', 'scanner', 'scanner.mjs');
const { analyzePackage, SOURCE_FILE_PATTERNS } = await import(pathToFileURL(scanner));

const scratch = mkdtempSync(path.join(tmpdir(), 'scan-local-'));
try {
  const npm = (...args) => execFileSync('npm', args, { cwd: PACKAGE, stdio: ['ignore', 'pipe', 'ignore'] });
  npm('pack', '--ignore-scripts', '--pack-destination', scratch);
  const packed = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  const unpacked = path.join(scratch, 'package-to-publish');
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', path.join(scratch, packed), '-C', unpacked, '--strip-components=1']);
  const legs = {
    sources: await analyzePackage(PACKAGE, SOURCE_FILE_PATTERNS),
    published: await analyzePackage(unpacked, ['**/*.js', 'package.json']),
  };
  for (const [name, leg] of Object.entries(legs)) {
    process.stdout.write(`${name}: ${leg.passed ? 'passed' : leg.message}\n${leg.details ?? ''}`);
  }
  process.exitCode = Object.values(legs).every((leg) => leg.passed) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
