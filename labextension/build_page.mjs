// Bundles the page of `nbmlops ui`, and the panel of `%mlops panel`, out of what TypeScript has
// compiled into lib/: the same sources as JupyterLab's extension, with the packages of JupyterLab
// that they need put in.
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { completeLicenses, writeLicenses } from './licenses.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'nbmlops', 'server', 'static');
const panelTarget = join(here, '..', 'nbmlops', 'widgets', 'static');

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

// What JupyterLab says of a whole page is said in a panel only where no JupyterLab is around it.
function keepInside({ onLoad }) {
  onLoad({ filter: /@jupyterlab[^?]*\.css$/ }, ({ path }) => {
    const css = readFileSync(path, 'utf8').replaceAll(':root', '&');
    return { contents: `.nbm-mod-alone {\n${css}\n}`, loader: 'css' };
  });
}

const shared = {
  absWorkingDir: here,
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  format: 'esm',
  loader: { '.svg': 'text' },
  logLevel: 'warning',
  metafile: true,
  minify: true,
  target: 'es2022'
};

rmSync(target, { recursive: true, force: true });
const { metafile } = await build({
  ...shared,
  chunkNames: 'chunk-[hash]',
  entryPoints: [
    { in: 'lib/page/index.js', out: 'page' },
    { in: 'style/page.css', out: 'page' }
  ],
  legalComments: 'linked',
  outdir: target,
  plugins: [{ name: 'parts', setup: takeParts }],
  splitting: true
});

// A front end takes a widget as one script, which the kernel sends with each panel: that one asks
// for the parts of the panel when they are needed.
rmSync(panelTarget, { recursive: true, force: true });
const panel = await build({
  ...shared,
  chunkNames: 'chunk-[hash]',
  entryNames: '[name]-[hash]',
  entryPoints: [
    { in: 'lib/widget/index.js', out: 'panel' },
    { in: 'style/widget.css', out: 'panel' }
  ],
  legalComments: 'linked',
  outdir: panelTarget,
  plugins: [
    { name: 'parts', setup: takeParts },
    { name: 'inside', setup: keepInside }
  ],
  splitting: true
});
const boot = await build({
  ...shared,
  define: { ...shared.define, BUILT: JSON.stringify(builtOf(panel.metafile)) },
  entryPoints: [{ in: 'lib/widget/boot.js', out: 'panel' }],
  outdir: panelTarget
});

// What the loader must know: which part is the first one, and which parts each part imports.
function builtOf({ outputs }) {
  const parts = {};
  const first = {};
  for (const [name, output] of Object.entries(outputs)) {
    if (output.entryPoint) {
      first[output.entryPoint] = basename(name);
    }
    if (name.endsWith('.js')) {
      parts[basename(name)] = output.imports
        .filter(one => one.kind === 'import-statement')
        .map(one => basename(one.path));
    }
  }
  const digest = createHash('sha256').update(JSON.stringify([parts, first]));
  return {
    id: digest.digest('hex').slice(0, 16),
    entry: first['lib/widget/index.js'],
    style: first['style/widget.css'],
    parts
  };
}

writeLicenses(here, target, metafile);
writeLicenses(here, panelTarget, panel.metafile, boot.metafile);
completeLicenses(here, join(here, '..', 'nbmlops', 'labextension', 'static'));
copyFileSync(join(here, 'style', 'page-icon.svg'), join(target, 'icon.svg'));
if (process.argv.includes('--analyze')) {
  writeFileSync(join(here, 'lib', 'page-meta.json'), JSON.stringify(metafile));
}
const built = {
  ...metafile.outputs,
  ...panel.metafile.outputs,
  ...boot.metafile.outputs
};
const sizes = Object.entries(built).map(
  ([name, { bytes }]) => `${String(bytes).padStart(9)} ${name}`
);
console.log(sizes.join('\n'));
