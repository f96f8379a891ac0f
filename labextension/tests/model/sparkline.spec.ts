import { describe, expect, it } from 'vitest';

import { metricsOf, placesOf, pointsOf } from '../../src/model/sparkline';
import { row } from '../fixtures';

const versions = [
  row('train', 3, { metrics: { auc: 0.9 } }),
  row('train', 2, { metrics: { auc: 'NaN', loss: 2 } }),
  row('train', 1, { metrics: { auc: 0.7, loss: 4 } })
];

describe('the sparkline of a metric', () => {
  it('is of the most frequent metric first', () => {
    expect(metricsOf(versions)).toEqual(['auc', 'loss']);
    expect(metricsOf([row('train', 1, { metrics: {} })])).toEqual([]);
  });

  it('goes from the oldest version to the newest, without what is not finite', () => {
    expect(pointsOf(versions, 'auc')).toEqual([
      { reference: 'train@1', value: 0.7 },
      { reference: 'train@3', value: 0.9 }
    ]);
  });

  it('has the largest value above, and equal ones in the middle', () => {
    const places = placesOf(pointsOf(versions, 'loss'), 100, 20, 4);
    expect(places).toEqual([
      [4, 4],
      [96, 16]
    ]);
    const equal = [
      { reference: 'a@1', value: 1 },
      { reference: 'a@2', value: 1 }
    ];
    expect(placesOf(equal, 100, 20, 4).map(([, y]) => y)).toEqual([10, 10]);
  });
});
