package administration

import "time"

// inAMonth is a day.
func inAMonth() string { return time.Now().AddDate(0, 1, 0).Format(time.DateOnly) }
