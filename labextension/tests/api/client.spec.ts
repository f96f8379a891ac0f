import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';

import { MlopsClient } from '../../src/api/client';
import { said } from '../../src/api/sentence';

function clientOf(fetch: (request: Request) => Promise<Response>): MlopsClient {
  return new MlopsClient(
    ServerConnection.makeSettings({
      baseUrl: 'http://localhost:8888/lab-base/',
      fetch: fetch as typeof globalThis.fetch
    })
  );
}

function answering(body: string, status: number): MlopsClient {
  return clientOf(() => Promise.resolve(new Response(body, { status })));
}

describe('the client', () => {
  it('asks below the base URL, with the query escaped', async () => {
    let asked = '';
    const client = clientOf(request => {
      asked = request.url;
      return Promise.resolve(new Response('{"steps": []}'));
    });
    await client.steps('my folder/a&b.ipynb');
    expect(asked).toContain('/lab-base/nbmlops/api/steps?');
    expect(asked).toContain('notebook=my%20folder%2Fa%26b.ipynb');
  });

  it('turns a refusal into its sentence and cure', async () => {
    const client = answering('{"message": "Locked.", "cure": "Wait."}', 503);
    await expect(client.runs('a.ipynb')).rejects.toMatchObject({
      message: 'Locked.',
      cure: 'Wait.',
      status: 503
    });
  });

  it('says that the server extension is missing', async () => {
    const client = answering('<html>', 404);
    await expect(client.runs('a.ipynb')).rejects.toMatchObject({
      message: 'The server extension of nbmlops is not running.',
      cure: said('See what stops it with: %1', 'jupyter server extension list')
    });
  });

  it('says the status where the answer is not ours', async () => {
    const client = answering('<html>', 502);
    await expect(client.runs('a.ipynb')).rejects.toMatchObject({
      message: 'The server answered 502.',
      cure: null,
      status: 502
    });
  });

  it('says that the server does not answer', async () => {
    const client = clientOf(() => Promise.reject(new TypeError('refused')));
    await expect(client.runs('a.ipynb')).rejects.toMatchObject({
      message: 'The Jupyter server does not answer.',
      status: null
    });
  });

  it('tells which request failed', async () => {
    const client = answering('{"message": "Locked."}', 503);
    await expect(client.runs('a.ipynb')).rejects.toMatchObject({
      asked:
        'GET http://localhost:8888/lab-base/nbmlops/api/runs?notebook=a.ipynb'
    });
  });
});
