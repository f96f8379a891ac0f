// Bundles the page of `nbmlops ui` out of what TypeScript has compiled into lib/: the same sources as
// JupyterLab's extension, with the packages of JupyterLab that it needs put in.
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'nbmlops', 'server', 'static');

// Of these packages, which a bundle can only take whole, the page uses a part.
const PARTS = {
  '@jupyterlab/codemirror': 'node_modules/@jupyterlab/codemirror/lib/theme.js',
  '@jupyterlab/services': 'lib/page/services.js'
};

function takeParts({ onResolve }) {
  onResolve({ filter: /^@jupyterlab\/(codemirror|services)$/ }, ({ path }) => ({
    path: join(here, PARTS[path])
  }));
}

rmSync(target, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: here,
  bundle: true,
  chunkNames: 'chunk-[hash]',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  entryPoints: [
    { in: 'lib/page/index.js', out: 'page' },
    { in: 'style/page.css', out: 'page' }
  ],
  format: 'esm',
  legalComments: 'linked',
  loader: { '.svg': 'text' },
  logLevel: 'warning',
  metafile: true,
  minify: true,
  outdir: target,
  plugins: [{ name: 'parts', setup: takeParts }],
  splitting: true,
  target: 'es2022'
});
copyFileSync(join(here, 'style', 'page-icon.svg'), join(target, 'icon.svg'));
if (process.argv.includes('--analyze')) {
  writeFileSync(join(here, 'lib', 'page-meta.json'), JSON.stringify(metafile));
}
const sizes = Object.entries(metafile.outputs).map(
  ([name, { bytes }]) => `${String(bytes).padStart(9)} ${name}`
);
console.log(sizes.join('\n'));
