import type { ComparisonApi, VersionPair } from '../src/api/client';
import type { DiffResponse, FigureResponse } from '../src/contract/wire';
import { MemoryApi } from './fixtures';

/** What differs inside: a frame of which a row changed, a list, and a figure. */
export const CONTENTS: NonNullable<DiffResponse['contents']> = {
  frames: [
    {
      name: 'flights',
      schema: [{ name: 'gate', before: null, after: 'str' }],
      rows: [1200, 1200],
      columns: [{ name: 'delay', cells: 2, mean: 1.5, largest: 2 }],
      rows_changed: 2,
      rows_added: null,
      rows_removed: null,
      sampled: ['delay', 'carrier'],
      sample: [
        { row: '7', before: ['40', 'AA'], after: ['41', 'AA'] },
        { row: '9', before: null, after: ['5', 'UA'] }
      ],
      note: ''
    }
  ],
  others: [
    {
      name: 'scores',
      note: '',
      more: true,
      parts: [
        {
          path: '',
          first: '[2]',
          differing: 3,
          elements: 10,
          before: '0.5',
          after: '0.75',
          largest: 0.25,
          relative: 0.5,
          unmeasured: 0,
          what: ''
        }
      ]
    },
    {
      name: 'grid',
      note: 'large: add --values to compare what is inside',
      more: false,
      parts: []
    }
  ],
  pictures: [
    {
      name: 'figure 2',
      before: ['image/png', 'aa'],
      after: ['image/png', 'bb'],
      sizes: [
        [180, 120],
        [180, 120]
      ],
      pixels: 1204,
      box: [12, 30, 97, 89],
      note: ''
    }
  ]
};

/** A server in memory behind a comparison; `train` has two versions, `load` one. */
export class MemoryComparisonApi extends MemoryApi implements ComparisonApi {
  contents: DiffResponse['contents'] = CONTENTS;
  figureAnswer: Promise<FigureResponse> | null = null;
  refusal: Error | null = null;

  async inside(pair: VersionPair): Promise<DiffResponse> {
    const { notebook, step, before, after } = pair;
    const answer = await this.diff(notebook, step, before, after);
    if (this.refusal) {
      throw this.refusal;
    }
    return { ...answer, contents: this.contents };
  }

  figure(_: VersionPair, name: string): Promise<FigureResponse> {
    this.asked.push(name);
    const side = (content: string): FigureResponse['before'] => ({
      media_type: 'image/png',
      size: 3,
      content
    });
    return (
      this.figureAnswer ??
      Promise.resolve({
        schema: 'nbmlops.figure/1',
        name,
        before: side('b2xk'),
        after: side('bmV3'),
        difference: side('cmVk')
      })
    );
  }
}
