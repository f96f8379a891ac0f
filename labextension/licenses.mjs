// The licenses of the packages that a bundle holds, as those who pass them on must bring along.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Write the licenses of what esbuild put into bundles, in the form of JupyterLab's builder.
 *
 * @param base - the folder that the paths of the bundles are relative to.
 * @param folder - where the bundles are.
 * @param metafiles - what esbuild says of them.
 */
export function writeLicenses(base, folder, ...metafiles) {
  const found = new Map();
  for (const { outputs } of metafiles) {
    for (const path of Object.values(outputs).flatMap(namesIn)) {
      const where = PACKAGE.exec(path)?.[0];
      if (where && !found.has(where)) {
        found.set(where, licenseOf(join(base, where)));
      }
    }
  }
  const packages = [...found.values()].sort((a, b) =>
    a.name < b.name ? -1 : 1
  );
  const text = JSON.stringify({ packages }, null, 2);
  writeFileSync(join(folder, 'third-party-licenses.json'), text);
}

/** Add the texts that JupyterLab's builder has not found to what it wrote of an extension. */
export function completeLicenses(base, folder) {
  const file = join(folder, 'third-party-licenses.json');
  if (existsSync(file)) {
    const { packages } = JSON.parse(readFileSync(file, 'utf8'));
    const whole = packages.map(one =>
      one.extractedText ? one : licenseOf(join(base, 'node_modules', one.name))
    );
    writeFileSync(file, JSON.stringify({ packages: whole }, null, 2));
  }
}

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

function namesIn(output) {
  return Object.keys(output.inputs);
}

function licenseOf(folder) {
  const told = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name));
  return {
    name: told.name,
    versionInfo: told.version,
    licenseId: told.license,
    extractedText: file
      ? readFileSync(join(folder, file), 'utf8')
      : textOf(told)
  };
}

/** Some packages name their license and do not bring its text. */
function textOf({ name, license, author }) {
  const text = TEXTS[license];
  if (!text) {
    throw new Error(`${name} brings no license, and ${license} is not known.`);
  }
  const holder = author?.name ?? author ?? `the authors of ${name}`;
  return `Copyright (c) ${holder.replace(/ *<.*/, '')}\n\n${text}`;
}

const TEXTS = {
  MIT: `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`,
  'BSD-3-Clause': `Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its contributors
   may be used to endorse or promote products derived from this software
   without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR
ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES
(INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES;
LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON
ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
(INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`
};
