// What jsdom lacks and JupyterLab's packages touch when they are imported.
class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

const world = globalThis as Record<string, unknown>;
world.DragEvent ??= class DragEvent extends MouseEvent {};
world.ResizeObserver ??= NoObserver;
world.IntersectionObserver ??= NoObserver;
world.IS_REACT_ACT_ENVIRONMENT = true;
world.matchMedia ??= (media: string) =>
  Object.assign(new EventTarget(), {
    media,
    matches: false,
    addListener: () => undefined, // as older parts of it ask for
    removeListener: () => undefined
  });
