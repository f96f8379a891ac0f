import './base.css';
import './sections.css';
import './executions.css';
import './forms.css';
