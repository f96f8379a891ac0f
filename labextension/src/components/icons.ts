import { LabIcon } from '@jupyterlab/ui-components';

/** Versions of a step on its line: the icon of the panel. */
export const stepsIcon = new LabIcon({
  name: 'nbmlops:steps',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="none" stroke="#616161" stroke-width="2" stroke-linecap="round">
    <path class="jp-icon3" d="M6 8.5v7M6 12h5a4 4 0 0 0 4-4"/>
    <circle class="jp-icon3" cx="6" cy="6" r="2.5"/>
    <circle class="jp-icon3" cx="6" cy="18" r="2.5"/>
    <circle class="jp-icon3" cx="17" cy="6" r="2.5"/>
  </g>
</svg>`
});
