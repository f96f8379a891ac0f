import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The other build of it has its form one level deeper, where JupyterLab's does not look.
  resolve: { alias: { '@rjsf/core': '@rjsf/core/dist/index.esm.js' } },
  server: { fs: { allow: ['..'] } }, // translations lie in the Python package
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.spec.{ts,tsx}'],
    setupFiles: ['./vitest.setup.ts'],
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//, /@rjsf\//] } }
  }
});
