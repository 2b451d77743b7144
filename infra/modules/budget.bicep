metadata description = 'A monthly budget of the resource group: mail before the money is gone, not after.'

@minLength(1)
@description('Name of the budget.')
param budgetName string

@minValue(1)
@description('Amount a month, in the currency of the subscription\'s bill.')
param monthlyAmount int

@minLength(1)
@description('First day of the first month, as yyyy-MM-01; may not change later.')
param startDate string

@maxLength(20)
@description('Who gets mail.')
param emailAddresses array

@minLength(1)
@description('Action group that is called as well.')
param actionGroupId string

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: budgetName
  properties: {
    category: 'Cost'
    amount: monthlyAmount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: startDate
    }
    notifications: {
      spentMostOfIt: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: emailAddresses
        contactGroups: [
          actionGroupId
        ]
      }
      willSpendMore: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emailAddresses
        contactGroups: [
          actionGroupId
        ]
      }
    }
  }
}

@description('Name of the budget.')
output budgetName string = budget.name
