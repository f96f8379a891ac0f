import './base.css';
import './sections.css';
import './executions.css';
import './comparison.css';
import './forms.css';
