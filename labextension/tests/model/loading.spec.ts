import { describe, expect, it, vi } from 'vitest';

import { ApiError } from '../../src/api/client';
import { loaded, LoadError, once } from '../../src/model/loading';

describe('what is fetched for all who ask', () => {
  it('is made once, and after a failure anew for who asks next', async () => {
    const make = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new Error('Loading chunk 3 failed.'))
      .mockResolvedValue('tabs');
    const tabs = once(make);
    await expect(Promise.all([tabs(), tabs()])).rejects.toThrow(LoadError);
    expect(make).toHaveBeenCalledTimes(1);
    expect(await Promise.all([tabs(), tabs()])).toEqual(['tabs', 'tabs']);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('keeps why the server refused something', async () => {
    const refused = new ApiError('Not yours.', null, 403);
    await expect(loaded(() => Promise.reject(refused))).rejects.toBe(refused);
  });
});
