import { Loader } from './loader';
import type { Built } from './loader';

declare const BUILT: Built;

/** All panels of a page that come of one build share a loader, and what it has brought. */
const NAME = `nbmlops_${BUILT.id}`;
const page = globalThis as unknown as Record<string, Loader | undefined>;
const loader = (page[NAME] ??= new Loader(BUILT, NAME));

export default {
  render: (view: Parameters<Loader['show']>[0]) => loader.show(view)
};
