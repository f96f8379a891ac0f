import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// From the ground to the top floor: a layer imports from itself and from those before it.
const LAYERS = ['contract', 'api', 'model', 'components', 'panels', 'plugins'];
// Beside `panels` and `plugins`, which mount it in JupyterLab, `page` mounts it alone, and over it
// `widget` in the output of a cell.

const SERVER_ONLY_IN_API = {
  name: '@jupyterlab/services',
  importNames: ['ServerConnection'],
  message: 'Only src/api talks to the server.'
};

const layering = LAYERS.map((layer, floor) => ({
  files: [`src/${layer}/**/*.{ts,tsx}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths:
          layer === 'api' || layer === 'plugins' ? [] : [SERVER_ONLY_IN_API],
        patterns: [
          {
            group: LAYERS.slice(floor + 1).map(above => `**/${above}/**`),
            message: `${layer} lies below: imports go down only.`
          }
        ].filter(pattern => pattern.group.length > 0)
      }
    ]
  }
}));

export default defineConfig(
  { ignores: ['lib', 'node_modules'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mts}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: './tsconfig.check.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      '@typescript-eslint/explicit-function-return-type': [
        'error',
        { allowExpressions: true }
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_' }
      ],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true }]
    }
  },
  {
    files: ['tests/**', 'vitest.setup.ts'],
    rules: { '@typescript-eslint/no-empty-function': 'off' }
  },
  {
    files: ['*.mjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } }
  },
  {
    files: ['src/page/**/*.{ts,tsx}', 'src/widget/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                '**/panels/**',
                '**/plugins/**',
                '@jupyterlab/application',
                '@jupyterlab/apputils',
                '@jupyterlab/notebook',
                '@lumino/widgets'
              ],
              message: 'The page and the widget are there without JupyterLab.'
            }
          ]
        }
      ]
    }
  },
  // Generated, as long as the contract is.
  { files: ['src/contract/**'], rules: { 'max-lines': 'off' } },
  ...layering
);
